/// The protocol is a name; both parties are generic structs of their own.
struct Sum<const N: usize>;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::Declared for Sum<N> {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::ClientSide for Sum<N> {
    const CLIENT_STEPS: &'static [::fusion::Step] = <Adder<
        N,
    > as ::fusion::ClientSide>::CLIENT_STEPS;
    const CLIENT_LANES: ::core::primitive::usize = <Adder<
        N,
    > as ::fusion::ClientSide>::CLIENT_LANES;
    type Client = <Adder<N> as ::fusion::ClientSide>::Client;
    type ClientContext = <Adder<N> as ::fusion::ClientSide>::ClientContext;
    type Query = <Adder<N> as ::fusion::ClientSide>::Query;
    type Output = <Adder<N> as ::fusion::ClientSide>::Output;
    type ClientError = <Adder<N> as ::fusion::ClientSide>::ClientError;
    type ClientSetup = <Adder<N> as ::fusion::ClientSide>::ClientSetup;
    type ClientState = <Adder<N> as ::fusion::ClientSide>::ClientState;
    async fn client_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        <Adder<N> as ::fusion::ClientSide>::client_step(step, &mut run.cast()).await
    }
    fn fork_client(
        client: &<Self as ::fusion::ClientSide>::Client,
    ) -> ::core::option::Option<<Self as ::fusion::ClientSide>::Client> {
        <Adder<N> as ::fusion::ClientSide>::fork_client(client)
    }
    fn validate_query(
        client: &<Self as ::fusion::ClientSide>::Client,
        context: &<Self as ::fusion::ClientSide>::ClientContext,
        query: &<Self as ::fusion::ClientSide>::Query,
    ) -> ::core::result::Result<(), ::std::string::String> {
        <Adder<N> as ::fusion::ClientSide>::validate_query(client, context, query)
    }
    fn validate_answer(
        client: &<Self as ::fusion::ClientSide>::Client,
        context: &<Self as ::fusion::ClientSide>::ClientContext,
        answer: &<Self as ::fusion::ClientSide>::Output,
    ) -> ::core::result::Result<(), ::std::string::String> {
        <Adder<N> as ::fusion::ClientSide>::validate_answer(client, context, answer)
    }
    fn touch(query: &<Self as ::fusion::ClientSide>::Query) {
        <Adder<N> as ::fusion::ClientSide>::touch(query)
    }
    fn classes(
        samples: &[&<Self as ::fusion::ClientSide>::Query],
    ) -> ::core::option::Option<::std::vec::Vec<::core::primitive::usize>> {
        <Adder<N> as ::fusion::ClientSide>::classes(samples)
    }
    fn client_lanes(
        lanes: ::fusion::ClientLanes<'_, Self>,
    ) -> ::core::result::Result<(), ::fusion::Error<Self::ClientError>> {
        <Adder<N> as ::fusion::ClientSide>::client_lanes(lanes.cast())
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::ServerSide for Sum<N> {
    const SERVER_STEPS: &'static [::fusion::Step] = <Keeper<
        N,
    > as ::fusion::ServerSide>::SERVER_STEPS;
    const SERVER_LANES: ::core::primitive::usize = <Keeper<
        N,
    > as ::fusion::ServerSide>::SERVER_LANES;
    type Server = <Keeper<N> as ::fusion::ServerSide>::Server;
    type ServerContext = <Keeper<N> as ::fusion::ServerSide>::ServerContext;
    type ServerError = <Keeper<N> as ::fusion::ServerSide>::ServerError;
    type ServerSetup = <Keeper<N> as ::fusion::ServerSide>::ServerSetup;
    type ServerState = <Keeper<N> as ::fusion::ServerSide>::ServerState;
    async fn server_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ServerRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ServerSide>::ServerError>,
    > {
        <Keeper<N> as ::fusion::ServerSide>::server_step(step, &mut run.cast()).await
    }
    fn fork_server(
        server: &<Self as ::fusion::ServerSide>::Server,
    ) -> ::core::option::Option<<Self as ::fusion::ServerSide>::Server> {
        <Keeper<N> as ::fusion::ServerSide>::fork_server(server)
    }
    fn server_lanes(
        lanes: ::fusion::ServerLanes<'_, Self>,
    ) -> ::core::result::Result<(), ::fusion::Error<Self::ServerError>> {
        <Keeper<N> as ::fusion::ServerSide>::server_lanes(lanes.cast())
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::Projected for Sum<N> {
    type Part = i64;
    const STATEMENT: &'static ::core::primitive::str = "copies must give the same `|answer|->i64{*answer%1000}`";
    fn part(
        answer: &<Self as ::fusion::ClientSide>::Output,
    ) -> <Self as ::fusion::Projected>::Part {
        {
            let part: fn(&<Self as ::fusion::ClientSide>::Output) -> i64 = |
                answer,
            | -> i64 { *answer % 1000 };
            part(answer)
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::SemiHonest for Sum<N> {
    const NAME: &'static ::core::primitive::str = "Sum";
    const VERSION: u32 = 4;
    type Agreement = ::fusion::Projection<Self>;
}
///The hardened client of [`Sum`]: mixes queries with checks and gives verified answers.
type SumClient<const N: usize> = ::fusion::Client<Sum<N>>;
///The hardened server of [`Sum`]: runs the protocol on whatever the client sends.
type SumServer<const N: usize> = ::fusion::Server<Sum<N>>;
impl<const N: usize> Adder<N> {
    fn pad() -> i64 {
        N as i64
    }
    fn ask(pad: i64, x: i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
        put(channel, x.wrapping_add(pad))?;
        get(channel)
    }
}
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionClientStateOfAdder<const N: usize> {
    kept: (::fusion::Column<i64>,),
    marker: ::core::marker::PhantomData<fn() -> Adder<N>>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::core::default::Default for __FusionClientStateOfAdder<N> {
    fn default() -> Self {
        Self {
            kept: (::core::default::Default::default(),),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::ClientSide for Adder<N> {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "pad").local(),
        ::fusion::Step::new(::fusion::Stage::Online, "ask"),
    ];
    type Client = ();
    type Query = i64;
    type Output = i64;
    type ClientContext = ();
    type ClientError = <io::Result<i64> as ::fusion::__private::Outcome>::Err;
    type ClientSetup = ();
    type ClientState = __FusionClientStateOfAdder<N>;
    async fn client_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        match step {
            0usize => {
                let value = Self::pad();
                ::fusion::Column::push(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let value = Self::ask(
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
impl<const N: usize> Keeper<N> {
    fn answer(&self, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        put(channel, self.0.iter().fold(x, |sum, part| sum.wrapping_add(*part)))
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<const N: usize> ::fusion::ServerSide for Keeper<N> {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "answer"),
    ];
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
                let value = Self::answer(&*run.party, &mut *run.wire)
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
