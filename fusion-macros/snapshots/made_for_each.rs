/// Not `Clone`: a function makes the instance of an execution. State in `self` and returned.
struct Counter {
    start: i64,
    count: i64,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Counter {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Counter`]: mixes queries with checks and gives verified answers.
type CounterClient = ::fusion::Client<Counter>;
///The hardened server of [`Counter`]: runs the protocol on whatever the client sends.
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
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionClientStateOfCounter {
    kept: (::fusion::Column<Step>,),
    marker: ::core::marker::PhantomData<fn() -> Counter>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionClientStateOfCounter {
    fn default() -> Self {
        Self {
            kept: (::core::default::Default::default(),),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Counter {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "offer"),
        ::fusion::Step::new(::fusion::Stage::Online, "ask"),
    ];
    type Client = Self;
    type Query = i64;
    type Output = i64;
    type ClientContext = ();
    type ClientError = <io::Result<i64> as ::fusion::__private::Outcome>::Err;
    type ClientSetup = ();
    type ClientState = __FusionClientStateOfCounter;
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
                let value = Self::offer(&mut *run.party, writer)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Column::push(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let value = Self::ask(
                        &*run.party,
                        ::fusion::Column::take_next(&mut run.state.kept.0)?,
                        ::core::clone::Clone::clone(::fusion::Batch::query(&run.batch)?),
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
    fn fork_client(
        instance: &<Self as ::fusion::ClientSide>::Client,
    ) -> ::core::option::Option<<Self as ::fusion::ClientSide>::Client> {
        ::core::option::Option::Some({
            let make: fn(
                &<Self as ::fusion::ClientSide>::Client,
            ) -> <Self as ::fusion::ClientSide>::Client = |shared| Self::from(
                shared.start,
            );
            make(instance)
        })
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
pub struct __FusionServerStateOfCounter {
    kept: (::fusion::Column<Step>,),
    marker: ::core::marker::PhantomData<fn() -> Counter>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionServerStateOfCounter {
    fn default() -> Self {
        Self {
            kept: (::core::default::Default::default(),),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ServerSide for Counter {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "accept"),
        ::fusion::Step::new(::fusion::Stage::Online, "answer"),
    ];
    type Server = Self;
    type ServerContext = ();
    type ServerError = <io::Result<()> as ::fusion::__private::Outcome>::Err;
    type ServerSetup = ();
    type ServerState = __FusionServerStateOfCounter;
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
                let value = Self::accept(&mut *run.party, reader)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Column::push(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let value = Self::answer(
                        &*run.party,
                        ::fusion::Column::get(
                            &run.state.kept.0,
                            ::fusion::Batch::slot(&run.batch),
                        )?,
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
    fn fork_server(
        instance: &<Self as ::fusion::ServerSide>::Server,
    ) -> ::core::option::Option<<Self as ::fusion::ServerSide>::Server> {
        ::core::option::Option::Some({
            let make: fn(
                &<Self as ::fusion::ServerSide>::Server,
            ) -> <Self as ::fusion::ServerSide>::Server = |shared| Self::from(
                shared.start,
            );
            make(instance)
        })
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::SemiHonest for Counter {
    const NAME: &'static ::core::primitive::str = "Counter";
    type Agreement = ::fusion::Exact;
}
