struct Muxed;
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
impl ::fusion::Declared for Muxed {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8);
}
///The hardened client of [`Muxed`]: mixes queries with checks and gives verified answers.
#[allow(dead_code, unreachable_pub)]
type MuxedClient = ::fusion::Client<Muxed>;
///The hardened server of [`Muxed`]: runs the protocol on whatever the client sends.
#[allow(dead_code, unreachable_pub)]
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
#[allow(non_local_definitions)]
const _: () = {
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
    impl ::fusion::ClientSide for Muxed {
        const CLIENT_STEPS: &'static [::fusion::Step] = &[
            ::fusion::Step::new(::fusion::Stage::Online, "ask"),
        ];
        type Client = ();
        type ClientContext = ();
        type Query = i64;
        type Output = i64;
        type ClientError = <io::Result<i64> as ::fusion::__private::Outcome>::Err;
        type ClientSetup = ();
        type ClientState = ();
        async fn client_step(
            step: ::core::primitive::usize,
            run: &mut ::fusion::ClientRun<'_, Self>,
        ) -> ::core::result::Result<(), ::fusion::PhaseError<Self::ClientError>> {
            match step {
                0usize => {
                    let mut channel = Mux::single(run.wire.handle());
                    let value = Self::ask(&mut channel, run.batch.query()?)
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
    }
};
#[allow(non_local_definitions)]
const _: () = {
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
        ) -> ::core::result::Result<(), ::fusion::PhaseError<Self::ServerError>> {
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
impl ::fusion::SemiHonest for Muxed {
    const NAME: &'static ::core::primitive::str = "Muxed";
    type Agreement = ::fusion::Exact;
}
