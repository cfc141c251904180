/// The client's impl says what is valid; the protocol is another struct.
struct Answerer;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Answerer {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Answerer {
    const CLIENT_STEPS: &'static [::fusion::Step] = <Asker as ::fusion::ClientSide>::CLIENT_STEPS;
    const CLIENT_LANES: ::core::primitive::usize = <Asker as ::fusion::ClientSide>::CLIENT_LANES;
    type Client = <Asker as ::fusion::ClientSide>::Client;
    type ClientContext = <Asker as ::fusion::ClientSide>::ClientContext;
    type Query = <Asker as ::fusion::ClientSide>::Query;
    type Output = <Asker as ::fusion::ClientSide>::Output;
    type ClientError = <Asker as ::fusion::ClientSide>::ClientError;
    type ClientSetup = <Asker as ::fusion::ClientSide>::ClientSetup;
    type ClientState = <Asker as ::fusion::ClientSide>::ClientState;
    async fn client_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        <Asker as ::fusion::ClientSide>::client_step(step, &mut run.cast()).await
    }
    fn fork_client(
        client: &<Self as ::fusion::ClientSide>::Client,
    ) -> ::core::option::Option<<Self as ::fusion::ClientSide>::Client> {
        <Asker as ::fusion::ClientSide>::fork_client(client)
    }
    fn validate_query(
        client: &<Self as ::fusion::ClientSide>::Client,
        context: &<Self as ::fusion::ClientSide>::ClientContext,
        query: &<Self as ::fusion::ClientSide>::Query,
    ) -> ::core::result::Result<(), ::std::string::String> {
        <Asker as ::fusion::ClientSide>::validate_query(client, context, query)
    }
    fn validate_answer(
        client: &<Self as ::fusion::ClientSide>::Client,
        context: &<Self as ::fusion::ClientSide>::ClientContext,
        answer: &<Self as ::fusion::ClientSide>::Output,
    ) -> ::core::result::Result<(), ::std::string::String> {
        <Asker as ::fusion::ClientSide>::validate_answer(client, context, answer)
    }
    fn touch(query: &<Self as ::fusion::ClientSide>::Query) {
        <Asker as ::fusion::ClientSide>::touch(query)
    }
    fn classes(
        samples: &[&<Self as ::fusion::ClientSide>::Query],
    ) -> ::core::option::Option<::std::vec::Vec<::core::primitive::usize>> {
        <Asker as ::fusion::ClientSide>::classes(samples)
    }
    fn client_lanes(
        lanes: ::fusion::ClientLanes<'_, Self>,
    ) -> ::core::result::Result<(), ::fusion::Error<Self::ClientError>> {
        <Asker as ::fusion::ClientSide>::client_lanes(lanes.cast())
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::SemiHonest for Answerer {
    const NAME: &'static ::core::primitive::str = "Answerer";
    type Agreement = ::fusion::Exact;
}
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
const _: &[::fusion::Phase] = if <Answerer as ::fusion::ClientSide>::CLIENT_STEPS
    .is_empty() || <Answerer as ::fusion::ServerSide>::SERVER_STEPS.is_empty()
{
    &[]
} else {
    <Answerer as ::fusion::SemiHonest>::PHASES
};
///The hardened client of [`Answerer`]: mixes queries with checks and gives verified answers.
type AnswererClient = ::fusion::Client<Answerer>;
///The hardened server of [`Answerer`]: runs the protocol on whatever the client sends.
type AnswererServer = ::fusion::Server<Answerer>;
impl Asker {
    fn ask(x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
        put(channel, *x)?;
        get(channel)
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Asker {
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
                let value = Self::ask(
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
    fn validate_query(
        _: &<Self as ::fusion::ClientSide>::Client,
        _: &<Self as ::fusion::ClientSide>::ClientContext,
        query: &<Self as ::fusion::ClientSide>::Query,
    ) -> ::core::result::Result<(), ::std::string::String> {
        ::fusion::__private::Valid::valid({
            let validate: fn(&<Self as ::fusion::ClientSide>::Query) -> _ = |x| {
                if *x < 1000 { Ok(()) } else { Err("too large") }
            };
            validate(query)
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
impl Answerer {
    fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        put(channel, x + 1)
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ServerSide for Answerer {
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
                let value = Self::answer(&mut *run.wire)
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
