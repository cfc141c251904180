/// Not `Clone`: a function makes the instance of an execution. State in `self` and returned.
struct Counter {
    start: i64,
    count: i64,
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
impl ::fusion::Declared for Counter {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8);
}
///The hardened client of [`Counter`]: mixes queries with checks and gives verified answers.
#[allow(dead_code, unreachable_pub)]
type CounterClient = ::fusion::Client<Counter>;
///The hardened server of [`Counter`]: runs the protocol on whatever the client sends.
#[allow(dead_code, unreachable_pub)]
type CounterServer = ::fusion::Server<Counter>;
impl Counter {
    fn from(start: i64) -> Self {
        Self { start, count: start }
    }
    fn offer(&mut self, writer: &mut impl Write) -> io::Result<Step> {
        self.count += 1;
        put(writer, self.count)?;
        Ok(Step(self.count))
    }
    fn accept(&mut self, reader: &mut impl Read) -> io::Result<Step> {
        self.count += 1;
        get(reader).map(Step)
    }
    fn ask(
        &self,
        step: Step,
        x: i64,
        channel: &mut (impl Read + Write),
    ) -> io::Result<i64> {
        put(channel, x + step.0 + self.count)?;
        get(channel)
    }
    fn answer(&self, step: &Step, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        put(channel, x.wrapping_sub(step.0).wrapping_add(self.count))
    }
}
#[allow(non_local_definitions)]
const _: () = {
    #[doc(hidden)]
    #[allow(unreachable_pub, missing_docs, missing_debug_implementations)]
    pub struct FusionState {
        kept: (::fusion::Column<Step>,),
        marker: ::core::marker::PhantomData<fn() -> Counter>,
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
    impl ::fusion::ClientSide for Counter {
        const CLIENT_STEPS: &'static [::fusion::Step] = &[
            ::fusion::Step::new(::fusion::Stage::Offline, "offer"),
            ::fusion::Step::new(::fusion::Stage::Online, "ask"),
        ];
        type Client = Self;
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
                    let (_, writer) = run.wire.split();
                    let value = Self::offer(&mut *run.party, writer)
                        .map_err(::fusion::PhaseError::Protocol)?;
                    run.state.kept.0.push(value);
                    ::core::result::Result::Ok(())
                }
                1usize => {
                    let value = Self::ask(
                            &*run.party,
                            run.state.kept.0.take_next()?,
                            ::core::clone::Clone::clone(run.batch.query()?),
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
            ::core::option::Option::Some({
                let make: fn(&Self::Client) -> Self::Client = |shared| Self::from(
                    shared.start,
                );
                make(instance)
            })
        }
    }
};
#[allow(non_local_definitions)]
const _: () = {
    #[doc(hidden)]
    #[allow(unreachable_pub, missing_docs, missing_debug_implementations)]
    pub struct FusionState {
        kept: (::fusion::Column<Step>,),
        marker: ::core::marker::PhantomData<fn() -> Counter>,
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
    impl ::fusion::ServerSide for Counter {
        const SERVER_STEPS: &'static [::fusion::Step] = &[
            ::fusion::Step::new(::fusion::Stage::Offline, "accept"),
            ::fusion::Step::new(::fusion::Stage::Online, "answer"),
        ];
        type Server = Self;
        type ServerContext = ();
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
                    let value = Self::accept(&mut *run.party, reader)
                        .map_err(::fusion::PhaseError::Protocol)?;
                    run.state.kept.0.push(value);
                    ::core::result::Result::Ok(())
                }
                1usize => {
                    let value = Self::answer(
                            &*run.party,
                            run.state.kept.0.get(run.batch.slot())?,
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
            ::core::option::Option::Some({
                let make: fn(&Self::Server) -> Self::Server = |shared| Self::from(
                    shared.start,
                );
                make(instance)
            })
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
impl ::fusion::SemiHonest for Counter {
    const NAME: &'static ::core::primitive::str = "Counter";
    type Agreement = ::fusion::Exact;
}
