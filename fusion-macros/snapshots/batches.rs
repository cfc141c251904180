/// Batched and slot-by-slot phases hand values to each other.
struct Mixed;
#[automatically_derived]
impl ::fusion::Declared for Mixed {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8);
}
///The hardened client of [`Mixed`]: mixes queries with checks and gives verified answers.
#[allow(dead_code)]
type MixedClient = ::fusion::Client<Mixed>;
///The hardened server of [`Mixed`]: runs the protocol on whatever the client sends.
#[allow(dead_code)]
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
#[allow(unused_variables, clippy::all, clippy::pedantic)]
impl ::fusion::SemiHonest for Mixed {
    const NAME: &'static ::core::primitive::str = "Mixed";
    const PHASES: &'static [::fusion::Phase] = &[
        ::fusion::Phase::new(::fusion::Stage::Offline, "pads", "take_pads").batched(),
        ::fusion::Phase::new(::fusion::Stage::Offline, "per_slot", "per_slot_too"),
        ::fusion::Phase::new(::fusion::Stage::Online, "ask", "answer").batched(),
    ];
    type Client = ();
    type Server = ();
    type ClientContext = ();
    type ServerContext = ();
    type Query = i64;
    type Output = i64;
    type Error = <io::Result<Vec<i64>> as ::fusion::__private::Outcome>::Err;
    type Agreement = ::fusion::Exact;
    type ClientSetup = ();
    type ServerSetup = ();
    type ClientState = (::fusion::Kept<Vec<Pad>>, ::fusion::Column<u8>);
    type ServerState = (::fusion::Column<Pad>,);
    fn client_phase(
        phase: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<(), ::fusion::PhaseError<Self::Error>> {
        match phase {
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
    fn server_phase(
        phase: ::core::primitive::usize,
        run: &mut ::fusion::ServerRun<'_, Self>,
    ) -> ::core::result::Result<(), ::fusion::PhaseError<Self::Error>> {
        match phase {
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
