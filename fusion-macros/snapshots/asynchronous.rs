pub(super) struct Relay;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Relay {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Relay`]: mixes queries with checks and gives verified answers.
pub(super) type RelayClient = ::fusion::Client<Relay>;
///The hardened server of [`Relay`]: runs the protocol on whatever the client sends.
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
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionClientStateOfRelay {
    kept: (::fusion::Column<Mask>,),
    marker: ::core::marker::PhantomData<fn() -> Relay>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionClientStateOfRelay {
    fn default() -> Self {
        Self {
            kept: (::core::default::Default::default(),),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Relay {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "draw").local(),
        ::fusion::Step::new(::fusion::Stage::Offline, "offer"),
        ::fusion::Step::new(::fusion::Stage::Online, "ask"),
    ];
    type Client = ();
    type Query = i64;
    type Output = i64;
    type ClientContext = ();
    type ClientError = <io::Result<i64> as ::fusion::__private::Outcome>::Err;
    type ClientSetup = ();
    type ClientState = __FusionClientStateOfRelay;
    async fn client_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        match step {
            0usize => {
                let value = Self::draw(&mut *run.rng);
                ::fusion::Column::push(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let (_, writer) = run.wire.split();
                let value = Self::offer(
                        ::fusion::Column::get(
                            &run.state.kept.0,
                            ::fusion::Batch::slot(&run.batch),
                        )?,
                        writer,
                    )
                    .await
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::core::mem::drop(value);
                ::core::result::Result::Ok(())
            }
            2usize => {
                let value = Self::ask(
                        ::fusion::Column::take_next(&mut run.state.kept.0)?,
                        ::fusion::Batch::query(&run.batch)?,
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
pub struct __FusionServerStateOfRelay {
    kept: (::fusion::Column<Mask>,),
    marker: ::core::marker::PhantomData<fn() -> Relay>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionServerStateOfRelay {
    fn default() -> Self {
        Self {
            kept: (::core::default::Default::default(),),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ServerSide for Relay {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "accept"),
        ::fusion::Step::new(::fusion::Stage::Online, "answer"),
    ];
    type Server = ();
    type ServerContext = Duration;
    type ServerError = <io::Result<()> as ::fusion::__private::Outcome>::Err;
    type ServerSetup = ();
    type ServerState = __FusionServerStateOfRelay;
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
                let value = Self::accept(reader)
                    .await
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Column::push(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let value = Self::answer(
                        run.context,
                        ::fusion::Column::take_next(&mut run.state.kept.0)?,
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
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::SemiHonest for Relay {
    const NAME: &'static ::core::primitive::str = "Relay";
    type Agreement = ::fusion::Exact;
}
