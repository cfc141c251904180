/// Batched and slot-by-slot phases hand values to each other.
struct Mixed;
#[automatically_derived]
#[allow(
    unused_variables,
    unused_mut,
    unused_qualifications,
    unused_results,
    unreachable_code,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
impl ::fusion::Declared for Mixed {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8);
}
///The hardened client of [`Mixed`]: mixes queries with checks and gives verified answers.
#[allow(dead_code, unreachable_pub)]
type MixedClient = ::fusion::Client<Mixed>;
///The hardened server of [`Mixed`]: runs the protocol on whatever the client sends.
#[allow(dead_code, unreachable_pub)]
type MixedServer = ::fusion::Server<Mixed>;
impl Mixed {
    fn pads(
        slots: usize,
        writer: &mut impl Write,
        rng: &mut impl Rng,
    ) -> io::Result<Vec<Pad>> {
        (0..slots)
            .map(|_| {
                let pad = rng.random();
                put(writer, pad).map(|()| Pad(pad))
            })
            .collect()
    }
    fn take_pads(slots: usize, reader: &mut impl Read) -> io::Result<Vec<Pad>> {
        (0..slots).map(|_| get(reader).map(Pad)).collect()
    }
    fn per_slot(slot: usize) -> u8 {
        slot as u8
    }
    fn per_slot_too(pad: &mut Pad) {
        pad.0 = pad.0.wrapping_neg();
    }
    fn ask(
        xs: &[i64],
        pads: &[Pad],
        numbers: Vec<u8>,
        reader: &mut impl Read,
        writer: &mut impl Write,
    ) -> io::Result<Vec<i64>> {
        assert!(
            numbers.iter().enumerate().all(| (slot, & number) | number == slot as u8)
        );
        for (x, pad) in xs.iter().zip(pads) {
            put(writer, x.wrapping_add(pad.0))?;
        }
        xs.iter().map(|_| get(reader)).collect()
    }
    fn answer(
        pads: Vec<Pad>,
        reader: &mut impl Read,
        writer: &mut impl Write,
    ) -> io::Result<()> {
        let sums: Vec<i64> = pads
            .iter()
            .map(|pad| Ok(get(reader)?.wrapping_add(pad.0)))
            .collect::<io::Result<_>>()?;
        sums.into_iter().try_for_each(|x| put(writer, x.wrapping_mul(x)))
    }
}
#[automatically_derived]
#[allow(
    unused_variables,
    unused_mut,
    unused_qualifications,
    unused_results,
    unreachable_code,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
impl ::fusion::ClientSide for Mixed {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "pads").batched(),
        ::fusion::Step::new(::fusion::Stage::Offline, "per_slot"),
        ::fusion::Step::new(::fusion::Stage::Online, "ask").batched(),
    ];
    type Client = ();
    type ClientContext = ();
    type Query = i64;
    type Output = i64;
    type ClientError = <io::Result<Vec<i64>> as ::fusion::__private::Outcome>::Err;
    type ClientSetup = ();
    type ClientState = (::fusion::Kept<Vec<Pad>>, ::fusion::Column<u8>);
    async fn client_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<(), ::fusion::PhaseError<Self::ClientError>> {
        match step {
            0usize => {
                let (_, writer) = run.wire.split();
                let value = Self::pads(run.batch.slots(), writer, &mut *run.rng)
                    .map_err(::fusion::PhaseError::Protocol)?;
                run.state.0.put(value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let value = Self::per_slot(run.batch.slot());
                run.state.1.push(value);
                ::core::result::Result::Ok(())
            }
            2usize => {
                let (reader, writer) = run.wire.split();
                let value = Self::ask(
                        &run.batch.to_queries(),
                        run.state.0.get()?,
                        run.state.1.take_all(),
                        reader,
                        writer,
                    )
                    .map_err(::fusion::PhaseError::Protocol)?;
                run.outputs.extend(value);
                ::core::result::Result::Ok(())
            }
            unknown => {
                ::core::result::Result::Err(
                    ::fusion::PhaseError::State(
                        ::fusion::StateError::UnknownPhase(unknown),
                    ),
                )
            }
        }
    }
}
#[automatically_derived]
#[allow(
    unused_variables,
    unused_mut,
    unused_qualifications,
    unused_results,
    unreachable_code,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
impl ::fusion::ServerSide for Mixed {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "take_pads").batched(),
        ::fusion::Step::new(::fusion::Stage::Offline, "per_slot_too"),
        ::fusion::Step::new(::fusion::Stage::Online, "answer").batched(),
    ];
    type Server = ();
    type ServerContext = ();
    type ServerError = <io::Result<()> as ::fusion::__private::Outcome>::Err;
    type ServerSetup = ();
    type ServerState = (::fusion::Column<Pad>,);
    async fn server_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ServerRun<'_, Self>,
    ) -> ::core::result::Result<(), ::fusion::PhaseError<Self::ServerError>> {
        match step {
            0usize => {
                let (reader, _) = run.wire.split();
                let value = Self::take_pads(run.batch.slots(), reader)
                    .map_err(::fusion::PhaseError::Protocol)?;
                run.state.0.put_all(value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let value = Self::per_slot_too(run.state.0.get_mut(run.batch.slot())?);
                ::core::mem::drop(value);
                ::core::result::Result::Ok(())
            }
            2usize => {
                let (reader, writer) = run.wire.split();
                let value = Self::answer(run.state.0.take_all(), reader, writer)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::core::mem::drop(value);
                ::core::result::Result::Ok(())
            }
            unknown => {
                ::core::result::Result::Err(
                    ::fusion::PhaseError::State(
                        ::fusion::StateError::UnknownPhase(unknown),
                    ),
                )
            }
        }
    }
}
#[automatically_derived]
#[allow(
    unused_variables,
    unused_mut,
    unused_qualifications,
    unused_results,
    unreachable_code,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
impl ::fusion::SemiHonest for Mixed {
    const NAME: &'static ::core::primitive::str = "Mixed";
    type Agreement = ::fusion::Exact;
}
