pub(super) struct Relay;
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
impl ::fusion::Declared for Relay {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8);
}
///The hardened client of [`Relay`]: mixes queries with checks and gives verified answers.
#[allow(dead_code, unreachable_pub)]
pub(super) type RelayClient = ::fusion::Client<Relay>;
///The hardened server of [`Relay`]: runs the protocol on whatever the client sends.
#[allow(dead_code, unreachable_pub)]
pub(super) type RelayServer = ::fusion::Server<Relay>;
impl Relay {
    fn draw(rng: &mut impl Rng) -> Mask {
        Mask(rng.random())
    }
    async fn offer(
        mask: &Mask,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        say(writer, mask.0).await
    }
    async fn accept(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Mask> {
        hear(reader).await.map(Mask)
    }
    async fn ask<C>(mask: Mask, x: &i64, channel: &mut C) -> io::Result<i64>
    where
        C: AsyncRead + AsyncWrite + Unpin,
    {
        part(channel, x.wrapping_add(mask.0)).await?;
        hear(channel).await
    }
    /// Waits for the runtime's clock too.
    async fn answer<C>(delay: &Duration, mask: Mask, channel: &mut C) -> io::Result<()>
    where
        C: AsyncRead + AsyncWrite + Unpin,
    {
        let x = hear(channel).await?.wrapping_sub(mask.0);
        tokio::time::sleep(*delay).await;
        say(channel, x.wrapping_mul(6)).await
    }
}
#[allow(non_local_definitions)]
const _: () = {
    #[doc(hidden)]
    #[allow(unreachable_pub, missing_docs, missing_debug_implementations)]
    pub struct FusionState {
        kept: (::fusion::Column<Mask>,),
        marker: ::core::marker::PhantomData<fn() -> Relay>,
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
    impl ::fusion::ClientSide for Relay {
        const CLIENT_STEPS: &'static [::fusion::Step] = &[
            ::fusion::Step::new(::fusion::Stage::Offline, "draw").local(),
            ::fusion::Step::new(::fusion::Stage::Offline, "offer"),
            ::fusion::Step::new(::fusion::Stage::Online, "ask"),
        ];
        type Client = ();
        type ClientContext = ();
        type Query = i64;
        type Output = i64;
        type ClientError = <io::Result<i64> as ::fusion::__private::Outcome>::Err;
        type ClientSetup = ();
        type ClientState = FusionState;
        async fn client_step(
            step: ::core::primitive::usize,
            run: &mut ::fusion::ClientRun<'_, Self>,
        ) -> ::core::result::Result<(), ::fusion::PhaseError<Self::ClientError>> {
            match step {
                0usize => {
                    let value = Self::draw(&mut *run.rng);
                    run.state.kept.0.push(value);
                    ::core::result::Result::Ok(())
                }
                1usize => {
                    let (_, writer) = run.wire.split();
                    let value = Self::offer(
                            run.state.kept.0.get(run.batch.slot())?,
                            writer,
                        )
                        .await
                        .map_err(::fusion::PhaseError::Protocol)?;
                    ::core::mem::drop(value);
                    ::core::result::Result::Ok(())
                }
                2usize => {
                    let value = Self::ask(
                            run.state.kept.0.take_next()?,
                            run.batch.query()?,
                            &mut *run.wire,
                        )
                        .await
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
    }
};
#[allow(non_local_definitions)]
const _: () = {
    #[doc(hidden)]
    #[allow(unreachable_pub, missing_docs, missing_debug_implementations)]
    pub struct FusionState {
        kept: (::fusion::Column<Mask>,),
        marker: ::core::marker::PhantomData<fn() -> Relay>,
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
    impl ::fusion::ServerSide for Relay {
        const SERVER_STEPS: &'static [::fusion::Step] = &[
            ::fusion::Step::new(::fusion::Stage::Offline, "accept"),
            ::fusion::Step::new(::fusion::Stage::Online, "answer"),
        ];
        type Server = ();
        type ServerContext = Duration;
        type ServerError = <io::Result<()> as ::fusion::__private::Outcome>::Err;
        type ServerSetup = ();
        type ServerState = FusionState;
        async fn server_step(
            step: ::core::primitive::usize,
            run: &mut ::fusion::ServerRun<'_, Self>,
        ) -> ::core::result::Result<(), ::fusion::PhaseError<Self::ServerError>> {
            match step {
                0usize => {
                    let (reader, _) = run.wire.split();
                    let value = Self::accept(reader)
                        .await
                        .map_err(::fusion::PhaseError::Protocol)?;
                    run.state.kept.0.push(value);
                    ::core::result::Result::Ok(())
                }
                1usize => {
                    let value = Self::answer(
                            run.context,
                            run.state.kept.0.take_next()?,
                            &mut *run.wire,
                        )
                        .await
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
impl ::fusion::SemiHonest for Relay {
    const NAME: &'static ::core::primitive::str = "Relay";
    type Agreement = ::fusion::Exact;
}
