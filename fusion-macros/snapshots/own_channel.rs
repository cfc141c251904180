struct Muxed;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Muxed {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Muxed`]: mixes queries with checks and gives verified answers.
type MuxedClient = ::fusion::Client<Muxed>;
///The hardened server of [`Muxed`]: runs the protocol on whatever the client sends.
type MuxedServer = ::fusion::Server<Muxed>;
impl Muxed {
    fn ask<S: Read + Write + Send + 'static>(
        mux: &mut Mux<S>,
        x: &i64,
    ) -> io::Result<i64> {
        mux.say(*x);
        mux.hear()
    }
    fn answer<S: Read + Write + Send + 'static>(mux: &mut Mux<S>) -> io::Result<()> {
        let x = mux.hear()?;
        mux.say(x.wrapping_mul(3));
        Ok(())
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Muxed {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "ask"),
    ];
    type Client = ();
    type Query = i64;
    type Output = i64;
    type ClientContext = ();
    type ClientError = <io::Result<i64> as ::fusion::__private::Outcome>::Err;
    type ClientSetup = ();
    type ClientState = ();
    async fn client_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        match step {
            0usize => {
                let mut channel = Mux::single(run.wire.handle());
                let value = Self::ask(&mut channel, ::fusion::Batch::query(&run.batch)?)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::__private::Flushed::flushed(Mux::finish(&mut channel))
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
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ServerSide for Muxed {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "answer"),
    ];
    type Server = ();
    type ServerContext = ();
    type ServerError = <io::Result<()> as ::fusion::__private::Outcome>::Err;
    type ServerSetup = ();
    type ServerState = ();
    async fn server_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ServerRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ServerSide>::ServerError>,
    > {
        match step {
            0usize => {
                let mut channel = Mux::single(run.wire.handle());
                let value = Self::answer(&mut channel)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::__private::Flushed::flushed(Mux::finish(&mut channel))
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
impl ::fusion::SemiHonest for Muxed {
    const NAME: &'static ::core::primitive::str = "Muxed";
    type Agreement = ::fusion::Exact;
}
