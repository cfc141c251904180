/// Logits that are not `PartialEq`; only their label must agree.
struct Classifier;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Classifier {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Classifier`]: mixes queries with checks and gives verified answers.
type ClassifierClient = ::fusion::Client<Classifier>;
///The hardened server of [`Classifier`]: runs the protocol on whatever the client sends.
type ClassifierServer = ::fusion::Server<Classifier>;
impl Classifier {
    fn label(logits: &Logits) -> usize {
        usize::from(logits.0[1] > logits.0[0])
    }
    fn ask(x: &i64, channel: &mut (impl Read + Write)) -> io::Result<Logits> {
        put(channel, *x)?;
        Ok(Logits([0.0, get(channel)? as f64]))
    }
    /// The sign is right, the size differs each time.
    fn answer(
        slot: usize,
        sign: &i64,
        channel: &mut (impl Read + Write),
    ) -> io::Result<()> {
        let x = get(channel)?;
        put(channel, x.signum() * sign * (1 + slot as i64))
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Classifier {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "ask"),
    ];
    type Client = ();
    type Query = i64;
    type Output = Logits;
    type ClientContext = ();
    type ClientError = <io::Result<Logits> as ::fusion::__private::Outcome>::Err;
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
impl ::fusion::ServerSide for Classifier {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "answer"),
    ];
    type Server = ();
    type ServerContext = i64;
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
                        ::fusion::Batch::slot(&run.batch),
                        run.context,
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
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Projected for Classifier {
    type Part = usize;
    const STATEMENT: &'static ::core::primitive::str = "copies must give the same `Self::label`";
    fn part(
        answer: &<Self as ::fusion::ClientSide>::Output,
    ) -> <Self as ::fusion::Projected>::Part {
        Self::label(answer)
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::SemiHonest for Classifier {
    const NAME: &'static ::core::primitive::str = "Classifier";
    type Agreement = ::fusion::Projection<Self>;
}
