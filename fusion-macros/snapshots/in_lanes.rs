/// A key from setup is shared by all slots; everything else is a slot's own.
pub(super) struct Masked;
#[automatically_derived]
#[allow(
    unused_variables,
    unused_mut,
    unused_qualifications,
    unused_results,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
impl ::fusion::Declared for Masked {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::SemiHonest);
}
///The hardened client of [`Masked`]: mixes queries with checks and gives verified answers.
#[allow(dead_code, unreachable_pub)]
pub(super) type MaskedClient = ::fusion::Client<Masked>;
///The hardened server of [`Masked`]: runs the protocol on whatever the client sends.
#[allow(dead_code, unreachable_pub)]
pub(super) type MaskedServer = ::fusion::Server<Masked>;
impl Masked {
    fn send_key(key: &i64, writer: &mut impl Write) -> io::Result<()> {
        put(writer, *key)
    }
    fn hear_key(reader: &mut impl Read) -> io::Result<Key> {
        get(reader).map(Key)
    }
    fn twice(key: &mut Key) -> i64 {
        key.0 = key.0.wrapping_mul(2);
        key.0
    }
    fn draw(rng: &mut impl Rng) -> Mask {
        Mask(rng.random())
    }
    fn offer(mask: &mut Mask, slot: usize, writer: &mut impl Write) -> io::Result<u64> {
        put(writer, mask.0)?;
        Ok(slot as u64)
    }
    fn accept(reader: &mut impl Read) -> io::Result<Mask> {
        get(reader).map(Mask)
    }
    fn ask<C: Read + Write>(
        key: &Key,
        double: &i64,
        mask: Mask,
        number: u64,
        slot: usize,
        x: &i64,
        channel: &mut C,
    ) -> io::Result<i64> {
        assert_eq!((number, * double), (slot as u64, key.0));
        let echo = round(channel, x.wrapping_add(mask.0))?;
        round(channel, echo.wrapping_add(key.0))
    }
    fn answer(
        key: &i64,
        mask: Mask,
        channel: &mut (impl Read + Write),
    ) -> io::Result<()> {
        let x = get(channel)?;
        put(channel, x)?;
        let x = get(channel)?.wrapping_sub(mask.0).wrapping_sub(2 * key);
        put(channel, x.wrapping_mul(*key))
    }
}
#[allow(non_local_definitions)]
const _: () = {
    #[doc(hidden)]
    #[allow(unreachable_pub, missing_docs, missing_debug_implementations)]
    pub struct FusionSetup {
        kept: (::fusion::Kept<Key>, ::fusion::Kept<i64>),
        marker: ::core::marker::PhantomData<fn() -> Masked>,
    }
    #[automatically_derived]
    #[allow(
        unused_variables,
        unused_mut,
        unused_qualifications,
        unused_results,
        clippy::all,
        clippy::pedantic,
        clippy::nursery,
        clippy::restriction
    )]
    impl ::core::default::Default for FusionSetup {
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
    #[doc(hidden)]
    #[allow(unreachable_pub, missing_docs, missing_debug_implementations)]
    pub struct FusionState {
        kept: (::fusion::Kept<Mask>, ::fusion::Kept<u64>),
        marker: ::core::marker::PhantomData<fn() -> Masked>,
    }
    #[automatically_derived]
    #[allow(
        unused_variables,
        unused_mut,
        unused_qualifications,
        unused_results,
        clippy::all,
        clippy::pedantic,
        clippy::nursery,
        clippy::restriction
    )]
    impl ::core::default::Default for FusionState {
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
    #[allow(
        unused_variables,
        unused_mut,
        unused_qualifications,
        unused_results,
        clippy::all,
        clippy::pedantic,
        clippy::nursery,
        clippy::restriction
    )]
    impl ::fusion::ClientSide for Masked {
        const CLIENT_STEPS: &'static [::fusion::Step] = &[
            ::fusion::Step::new(::fusion::Stage::Setup, "hear_key"),
            ::fusion::Step::new(::fusion::Stage::Setup, "twice").local(),
            ::fusion::Step::new(::fusion::Stage::Offline, "draw").local(),
            ::fusion::Step::new(::fusion::Stage::Offline, "offer"),
            ::fusion::Step::new(::fusion::Stage::Online, "ask"),
        ];
        const CLIENT_LANES: ::core::primitive::usize = 4;
        type Client = ();
        type ClientContext = ();
        type Query = i64;
        type Output = i64;
        type ClientError = <io::Result<i64> as ::fusion::__private::Outcome>::Err;
        type ClientSetup = FusionSetup;
        type ClientState = FusionState;
        async fn client_step(
            step: ::core::primitive::usize,
            run: &mut ::fusion::ClientRun<'_, Self>,
        ) -> ::core::result::Result<(), ::fusion::PhaseError<Self::ClientError>> {
            match step {
                0usize => {
                    let (reader, _) = run.wire.split();
                    let value = Self::hear_key(reader)
                        .map_err(::fusion::PhaseError::Protocol)?;
                    run.setup.get_mut()?.kept.0.put(value);
                    ::core::result::Result::Ok(())
                }
                1usize => {
                    let setup = run.setup.get_mut()?;
                    let value = Self::twice(setup.kept.0.get_mut()?);
                    run.setup.get_mut()?.kept.1.put(value);
                    ::core::result::Result::Ok(())
                }
                2usize => {
                    let value = Self::draw(&mut *run.rng);
                    run.state.kept.0.put(value);
                    ::core::result::Result::Ok(())
                }
                3usize => {
                    let (_, writer) = run.wire.split();
                    let value = Self::offer(
                            run.state.kept.0.get_mut()?,
                            run.batch.slot(),
                            writer,
                        )
                        .map_err(::fusion::PhaseError::Protocol)?;
                    run.state.kept.1.put(value);
                    ::core::result::Result::Ok(())
                }
                4usize => {
                    let setup = run.setup.get();
                    let value = Self::ask(
                            setup.kept.0.get()?,
                            setup.kept.1.get()?,
                            run.state.kept.0.take()?,
                            run.state.kept.1.take()?,
                            run.batch.slot(),
                            run.batch.query()?,
                            &mut *run.wire,
                        )
                        .map_err(::fusion::PhaseError::Protocol)?;
                    run.outputs.push(value);
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
        fn fork_client(instance: &Self::Client) -> ::core::option::Option<Self::Client> {
            ::core::option::Option::Some(())
        }
        fn client_lanes(
            lanes: ::fusion::ClientLanes<'_, Self>,
        ) -> ::core::result::Result<(), ::fusion::Error<Self::ClientError>> {
            ::fusion::__private::client_lanes(lanes)
        }
    }
};
#[allow(non_local_definitions)]
const _: () = {
    #[doc(hidden)]
    #[allow(unreachable_pub, missing_docs, missing_debug_implementations)]
    pub struct FusionState {
        kept: (::fusion::Kept<Mask>,),
        marker: ::core::marker::PhantomData<fn() -> Masked>,
    }
    #[automatically_derived]
    #[allow(
        unused_variables,
        unused_mut,
        unused_qualifications,
        unused_results,
        clippy::all,
        clippy::pedantic,
        clippy::nursery,
        clippy::restriction
    )]
    impl ::core::default::Default for FusionState {
        fn default() -> Self {
            Self {
                kept: (::core::default::Default::default(),),
                marker: ::core::marker::PhantomData,
            }
        }
    }
    #[automatically_derived]
    #[allow(
        unused_variables,
        unused_mut,
        unused_qualifications,
        unused_results,
        clippy::all,
        clippy::pedantic,
        clippy::nursery,
        clippy::restriction
    )]
    impl ::fusion::ServerSide for Masked {
        const SERVER_STEPS: &'static [::fusion::Step] = &[
            ::fusion::Step::new(::fusion::Stage::Setup, "send_key"),
            ::fusion::Step::new(::fusion::Stage::Offline, "accept"),
            ::fusion::Step::new(::fusion::Stage::Online, "answer"),
        ];
        const SERVER_LANES: ::core::primitive::usize = 4;
        type Server = ();
        type ServerContext = i64;
        type ServerError = <io::Result<()> as ::fusion::__private::Outcome>::Err;
        type ServerSetup = ();
        type ServerState = FusionState;
        async fn server_step(
            step: ::core::primitive::usize,
            run: &mut ::fusion::ServerRun<'_, Self>,
        ) -> ::core::result::Result<(), ::fusion::PhaseError<Self::ServerError>> {
            match step {
                0usize => {
                    let (_, writer) = run.wire.split();
                    let value = Self::send_key(run.context, writer)
                        .map_err(::fusion::PhaseError::Protocol)?;
                    ::core::mem::drop(value);
                    ::core::result::Result::Ok(())
                }
                1usize => {
                    let (reader, _) = run.wire.split();
                    let value = Self::accept(reader)
                        .map_err(::fusion::PhaseError::Protocol)?;
                    run.state.kept.0.put(value);
                    ::core::result::Result::Ok(())
                }
                2usize => {
                    let value = Self::answer(
                            run.context,
                            run.state.kept.0.take()?,
                            &mut *run.wire,
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
        fn fork_server(instance: &Self::Server) -> ::core::option::Option<Self::Server> {
            ::core::option::Option::Some(())
        }
        fn server_lanes(
            lanes: ::fusion::ServerLanes<'_, Self>,
        ) -> ::core::result::Result<(), ::fusion::Error<Self::ServerError>> {
            ::fusion::__private::server_lanes(lanes)
        }
    }
};
#[automatically_derived]
#[allow(
    unused_variables,
    unused_mut,
    unused_qualifications,
    unused_results,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
impl ::fusion::SemiHonest for Masked {
    const NAME: &'static ::core::primitive::str = "Masked";
    type Agreement = ::fusion::Exact;
}
