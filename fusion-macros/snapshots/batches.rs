/// Batched and slot-by-slot phases hand values to each other.
struct Mixed;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Mixed {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Mixed`]: mixes queries with checks and gives verified answers.
type MixedClient = ::fusion::Client<Mixed>;
///The hardened server of [`Mixed`]: runs the protocol on whatever the client sends.
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
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionClientStateOfMixed {
    kept: (::fusion::Kept<Vec<Pad>>, ::fusion::Column<u8>),
    marker: ::core::marker::PhantomData<fn() -> Mixed>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionClientStateOfMixed {
    fn default() -> Self {
        Self {
            kept: (
                ::core::default::Default::default(),
                ::core::default::Default::default(),
            ),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Mixed {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "pads").batched(),
        ::fusion::Step::new(::fusion::Stage::Offline, "per_slot").local(),
        ::fusion::Step::new(::fusion::Stage::Online, "ask").batched(),
    ];
    type Client = ();
    type Query = i64;
    type Output = i64;
    type ClientContext = ();
    type ClientError = <io::Result<Vec<i64>> as ::fusion::__private::Outcome>::Err;
    type ClientSetup = ();
    type ClientState = __FusionClientStateOfMixed;
    async fn client_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        match step {
            0usize => {
                let (_, writer) = run.wire.split();
                let value = Self::pads(
                        ::fusion::Batch::slots(&run.batch),
                        writer,
                        &mut *run.rng,
                    )
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Kept::put(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let value = Self::per_slot(::fusion::Batch::slot(&run.batch));
                ::fusion::Column::push(&mut run.state.kept.1, value);
                ::core::result::Result::Ok(())
            }
            2usize => {
                let (reader, writer) = run.wire.split();
                let value = Self::ask(
                        &::fusion::Batch::to_queries(&run.batch),
                        ::fusion::Kept::get(&run.state.kept.0)?,
                        ::fusion::Column::take_all(&mut run.state.kept.1),
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
    fn touch(query: &<Self as ::fusion::ClientSide>::Query) {
        use ::fusion::__private::Touch as _;
        (&::fusion::__private::Whole(query)).fusion_touch();
    }
    fn classes(
        samples: &[&<Self as ::fusion::ClientSide>::Query],
    ) -> ::core::option::Option<::std::vec::Vec<::core::primitive::usize>> {
        use ::fusion::__private::Classes as _;
        (&&::fusion::__private::Samples(samples)).fusion_classes()
    }
}
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionServerStateOfMixed {
    kept: (::fusion::Column<Pad>,),
    marker: ::core::marker::PhantomData<fn() -> Mixed>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionServerStateOfMixed {
    fn default() -> Self {
        Self {
            kept: (::core::default::Default::default(),),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ServerSide for Mixed {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "take_pads").batched(),
        ::fusion::Step::new(::fusion::Stage::Offline, "per_slot_too").local(),
        ::fusion::Step::new(::fusion::Stage::Online, "answer").batched(),
    ];
    type Server = ();
    type ServerContext = ();
    type ServerError = <io::Result<()> as ::fusion::__private::Outcome>::Err;
    type ServerSetup = ();
    type ServerState = __FusionServerStateOfMixed;
    async fn server_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ServerRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ServerSide>::ServerError>,
    > {
        match step {
            0usize => {
                let (reader, _) = run.wire.split();
                let value = Self::take_pads(::fusion::Batch::slots(&run.batch), reader)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Column::put_all(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let value = Self::per_slot_too(
                    ::fusion::Column::get_mut(
                        &mut run.state.kept.0,
                        ::fusion::Batch::slot(&run.batch),
                    )?,
                );
                ::core::mem::drop(value);
                ::core::result::Result::Ok(())
            }
            2usize => {
                let (reader, writer) = run.wire.split();
                let value = Self::answer(
                        ::fusion::Column::take_all(&mut run.state.kept.0),
                        reader,
                        writer,
                    )
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
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::SemiHonest for Mixed {
    const NAME: &'static ::core::primitive::str = "Mixed";
    type Agreement = ::fusion::Exact;
}
