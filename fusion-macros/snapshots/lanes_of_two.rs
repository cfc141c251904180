/// Two structs, with lanes of their own.
pub(super) struct Walk<const N: usize>;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::Declared for Walk<N> {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::ClientSide for Walk<N> {
    const CLIENT_STEPS: &'static [::fusion::Step] = <Walker<
        N,
    > as ::fusion::ClientSide>::CLIENT_STEPS;
    const CLIENT_LANES: ::core::primitive::usize = <Walker<
        N,
    > as ::fusion::ClientSide>::CLIENT_LANES;
    type Client = <Walker<N> as ::fusion::ClientSide>::Client;
    type ClientContext = <Walker<N> as ::fusion::ClientSide>::ClientContext;
    type Query = <Walker<N> as ::fusion::ClientSide>::Query;
    type Output = <Walker<N> as ::fusion::ClientSide>::Output;
    type ClientError = <Walker<N> as ::fusion::ClientSide>::ClientError;
    type ClientSetup = <Walker<N> as ::fusion::ClientSide>::ClientSetup;
    type ClientState = <Walker<N> as ::fusion::ClientSide>::ClientState;
    async fn client_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        <Walker<N> as ::fusion::ClientSide>::client_step(step, &mut run.cast()).await
    }
    fn fork_client(
        client: &<Self as ::fusion::ClientSide>::Client,
    ) -> ::core::option::Option<<Self as ::fusion::ClientSide>::Client> {
        <Walker<N> as ::fusion::ClientSide>::fork_client(client)
    }
    fn validate_query(
        client: &<Self as ::fusion::ClientSide>::Client,
        context: &<Self as ::fusion::ClientSide>::ClientContext,
        query: &<Self as ::fusion::ClientSide>::Query,
    ) -> ::core::result::Result<(), ::std::string::String> {
        <Walker<N> as ::fusion::ClientSide>::validate_query(client, context, query)
    }
    fn validate_answer(
        client: &<Self as ::fusion::ClientSide>::Client,
        context: &<Self as ::fusion::ClientSide>::ClientContext,
        answer: &<Self as ::fusion::ClientSide>::Output,
    ) -> ::core::result::Result<(), ::std::string::String> {
        <Walker<N> as ::fusion::ClientSide>::validate_answer(client, context, answer)
    }
    fn touch(query: &<Self as ::fusion::ClientSide>::Query) {
        <Walker<N> as ::fusion::ClientSide>::touch(query)
    }
    fn classes(
        samples: &[&<Self as ::fusion::ClientSide>::Query],
    ) -> ::core::option::Option<::std::vec::Vec<::core::primitive::usize>> {
        <Walker<N> as ::fusion::ClientSide>::classes(samples)
    }
    fn client_lanes(
        lanes: ::fusion::ClientLanes<'_, Self>,
    ) -> ::core::result::Result<(), ::fusion::Error<Self::ClientError>> {
        <Walker<N> as ::fusion::ClientSide>::client_lanes(lanes.cast())
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::ServerSide for Walk<N> {
    const SERVER_STEPS: &'static [::fusion::Step] = <Guide<
        N,
    > as ::fusion::ServerSide>::SERVER_STEPS;
    const SERVER_LANES: ::core::primitive::usize = <Guide<
        N,
    > as ::fusion::ServerSide>::SERVER_LANES;
    type Server = <Guide<N> as ::fusion::ServerSide>::Server;
    type ServerContext = <Guide<N> as ::fusion::ServerSide>::ServerContext;
    type ServerError = <Guide<N> as ::fusion::ServerSide>::ServerError;
    type ServerSetup = <Guide<N> as ::fusion::ServerSide>::ServerSetup;
    type ServerState = <Guide<N> as ::fusion::ServerSide>::ServerState;
    async fn server_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ServerRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ServerSide>::ServerError>,
    > {
        <Guide<N> as ::fusion::ServerSide>::server_step(step, &mut run.cast()).await
    }
    fn fork_server(
        server: &<Self as ::fusion::ServerSide>::Server,
    ) -> ::core::option::Option<<Self as ::fusion::ServerSide>::Server> {
        <Guide<N> as ::fusion::ServerSide>::fork_server(server)
    }
    fn server_lanes(
        lanes: ::fusion::ServerLanes<'_, Self>,
    ) -> ::core::result::Result<(), ::fusion::Error<Self::ServerError>> {
        <Guide<N> as ::fusion::ServerSide>::server_lanes(lanes.cast())
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::SemiHonest for Walk<N> {
    const NAME: &'static ::core::primitive::str = "Walk";
    type Agreement = ::fusion::Exact;
}
///The hardened client of [`Walk`]: mixes queries with checks and gives verified answers.
pub(super) type WalkClient<const N: usize> = ::fusion::Client<Walk<N>>;
///The hardened server of [`Walk`]: runs the protocol on whatever the client sends.
pub(super) type WalkServer<const N: usize> = ::fusion::Server<Walk<N>>;
impl<const N: usize> Walker<N> {
    fn ask(&mut self, x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
        let mut at = *x;
        for _ in 0..N {
            self.steps += 1;
            put(channel, at)?;
            at = get(channel)?;
        }
        Ok(at.wrapping_add(self.steps))
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::ClientSide for Walker<N> {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "ask"),
    ];
    const CLIENT_LANES: ::core::primitive::usize = 5;
    type Client = Self;
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
                let value = Self::ask(
                        &mut *run.party,
                        ::fusion::Batch::query(&run.batch)?,
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
        ::core::option::Option::Some(::core::clone::Clone::clone(instance))
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
    fn client_lanes(
        lanes: ::fusion::ClientLanes<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::Error<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        ::fusion::__private::client_lanes(lanes)
    }
}
impl<const N: usize> Guide<N> {
    fn answer(mut self, channel: &mut (impl Read + Write)) -> io::Result<()>
    where
        Self: Clone,
    {
        for _ in 0..N {
            self.seen += 1;
            let at = get(channel)?;
            put(channel, at.wrapping_add(self.seen))?;
        }
        Ok(())
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::ServerSide for Guide<N> {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "answer"),
    ];
    const SERVER_LANES: ::core::primitive::usize = 1;
    type Server = Self;
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
                let value = Self::answer(
                        ::core::clone::Clone::clone(&*run.party),
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
            ) -> <Self as ::fusion::ServerSide>::Server = |it| Self { seen: it.seen };
            make(instance)
        })
    }
    fn server_lanes(
        lanes: ::fusion::ServerLanes<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::Error<<Self as ::fusion::ServerSide>::ServerError>,
    > {
        ::fusion::__private::server_lanes(lanes)
    }
}
