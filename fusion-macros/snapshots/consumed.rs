/// The last phase consumes an instance that earlier phases of the execution changed.
#[derive(Clone)]
struct Session {
    key: i64,
    used: bool,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Session {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Session`]: mixes queries with checks and gives verified answers.
type SessionClient = ::fusion::Client<Session>;
///The hardened server of [`Session`]: runs the protocol on whatever the client sends.
type SessionServer = ::fusion::Server<Session>;
impl Session {
    fn choose_key(
        &mut self,
        writer: &mut impl Write,
        rng: &mut impl Rng,
    ) -> io::Result<()> {
        assert!(! self.used, "an instance for each execution");
        self.used = true;
        self.key = rng.random();
        put(writer, self.key)
    }
    fn hear_key(&mut self, reader: &mut impl Read) -> io::Result<()> {
        self.key = get(reader)?;
        Ok(())
    }
    fn ask(self, x: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
        put(channel, x.wrapping_add(self.key))?;
        get(channel)
    }
    fn answer(mut self, channel: &mut (impl Read + Write)) -> io::Result<()> {
        self.key = get(channel)?.wrapping_sub(self.key);
        put(channel, self.key.wrapping_mul(2))
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Session {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "choose_key"),
        ::fusion::Step::new(::fusion::Stage::Online, "ask"),
    ];
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
                let (_, writer) = run.wire.split();
                let value = Self::choose_key(&mut *run.party, writer, &mut *run.rng)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::core::mem::drop(value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let value = Self::ask(
                        ::core::clone::Clone::clone(&*run.party),
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
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ServerSide for Session {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "hear_key"),
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
                let (reader, _) = run.wire.split();
                let value = Self::hear_key(&mut *run.party, reader)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::core::mem::drop(value);
                ::core::result::Result::Ok(())
            }
            1usize => {
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
        ::core::option::Option::Some(::core::clone::Clone::clone(instance))
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::SemiHonest for Session {
    const NAME: &'static ::core::primitive::str = "Session";
    type Agreement = ::fusion::Exact;
}
