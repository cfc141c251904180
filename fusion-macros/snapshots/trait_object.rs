struct Dynamic;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Dynamic {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Dynamic`]: mixes queries with checks and gives verified answers.
type DynamicClient = ::fusion::Client<Dynamic>;
///The hardened server of [`Dynamic`]: runs the protocol on whatever the client sends.
type DynamicServer = ::fusion::Server<Dynamic>;
impl Dynamic {
    fn ask(x: &i64, channel: &mut dyn Duplex) -> io::Result<i64> {
        let mut channel = channel;
        put(&mut channel, *x)?;
        get(&mut channel)
    }
    fn answer(channel: &mut dyn Duplex) -> io::Result<()> {
        let mut channel = channel;
        let x = get(&mut channel)?;
        put(&mut channel, x.wrapping_sub(1))
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Dynamic {
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
impl ::fusion::ServerSide for Dynamic {
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
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::SemiHonest for Dynamic {
    const NAME: &'static ::core::primitive::str = "Dynamic";
    type Agreement = ::fusion::Exact;
}
