/// Phases that own their channel, or their reader and writer.
struct Owned;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Owned {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Owned`]: mixes queries with checks and gives verified answers.
type OwnedClient = ::fusion::Client<Owned>;
///The hardened server of [`Owned`]: runs the protocol on whatever the client sends.
type OwnedServer = ::fusion::Server<Owned>;
impl Owned {
    fn ask<C: Read + Write + Send + 'static>(
        x: &i64,
        mut channel: C,
    ) -> io::Result<i64> {
        put(&mut channel, *x)?;
        get(&mut channel)
    }
    fn answer<R, W>(reader: &mut R, writer: &mut W) -> io::Result<()>
    where
        R: Read + Send + 'static,
        W: Write + Send + 'static,
    {
        let x = get(reader)?;
        put(writer, x.wrapping_mul(x))
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Owned {
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
                        run.wire.handle(),
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
impl ::fusion::ServerSide for Owned {
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
                let (reader, writer) = run.wire.split();
                let value = Self::answer(reader, writer)
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
impl ::fusion::SemiHonest for Owned {
    const NAME: &'static ::core::primitive::str = "Owned";
    type Agreement = ::fusion::Exact;
}
