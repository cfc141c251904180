/// A query is a number and an answer is a row.
struct Numbers;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Numbers {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Numbers`]: mixes queries with checks and gives verified answers.
type NumbersClient = ::fusion::Client<Numbers>;
///The hardened server of [`Numbers`]: runs the protocol on whatever the client sends.
type NumbersServer = ::fusion::Server<Numbers>;
impl Numbers {
    fn ask(
        xs: &Array1<i64>,
        channel: &mut (impl Read + Write),
    ) -> io::Result<Array2<i64>> {
        xs.iter().try_for_each(|x| put(channel, *x))?;
        let numbers = (0..2 * xs.len())
            .map(|_| get(channel))
            .collect::<io::Result<_>>()?;
        Array2::from_shape_vec((xs.len(), 2), numbers).map_err(io::Error::other)
    }
    fn answer(slots: usize, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let xs: Vec<i64> = (0..slots).map(|_| get(channel)).collect::<io::Result<_>>()?;
        xs.into_iter().try_for_each(|x| put(channel, x).and_then(|()| put(channel, -x)))
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Numbers {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "ask").batched(),
    ];
    type Client = ();
    type Query = i64;
    type Output = ::fusion::__private::ndarray::Array1<i64>;
    type ClientContext = ();
    type ClientError = <io::Result<Array2<i64>> as ::fusion::__private::Outcome>::Err;
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
                let mut stacked = ::fusion::__private::stack_numbers(
                    ::fusion::Batch::queries(&run.batch),
                )?;
                let value = Self::ask(&stacked, &mut *run.wire)
                    .map_err(::fusion::PhaseError::Protocol)?;
                run.outputs.extend(::fusion::__private::Unstack::unstack(value));
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
impl ::fusion::ServerSide for Numbers {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "answer").batched(),
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
                let value = Self::answer(
                        ::fusion::Batch::slots(&run.batch),
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
impl ::fusion::SemiHonest for Numbers {
    const NAME: &'static ::core::primitive::str = "Numbers";
    type Agreement = ::fusion::Exact;
}
