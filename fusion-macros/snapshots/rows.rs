/// Queries come as the rows of a matrix, answers go as a vector.
struct Rows;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Rows {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Rows`]: mixes queries with checks and gives verified answers.
type RowsClient = ::fusion::Client<Rows>;
///The hardened server of [`Rows`]: runs the protocol on whatever the client sends.
type RowsServer = ::fusion::Server<Rows>;
impl Rows {
    fn ask(
        inputs: ArrayView2<'_, i64>,
        channel: &mut (impl Read + Write),
    ) -> io::Result<Array1<i64>> {
        inputs.iter().try_for_each(|x| put(channel, *x))?;
        inputs.axis_iter(Axis(0)).map(|_| get(channel)).collect()
    }
    fn answer(
        slots: usize,
        weights: &Array1<i64>,
        channel: &mut (impl Read + Write),
    ) -> io::Result<()> {
        let numbers: Vec<i64> = (0..slots * weights.len())
            .map(|_| get(channel))
            .collect::<io::Result<_>>()?;
        let inputs = Array2::from_shape_vec((slots, weights.len()), numbers);
        let answers = inputs.map_err(io::Error::other)?.dot(weights);
        answers.iter().try_for_each(|y| put(channel, *y))
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Rows {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "ask").batched(),
    ];
    type Client = ();
    type Query = ::fusion::__private::ndarray::Array1<i64>;
    type Output = i64;
    type ClientContext = ();
    type ClientError = <io::Result<Array1<i64>> as ::fusion::__private::Outcome>::Err;
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
                let mut stacked = ::fusion::__private::stack(
                    ::fusion::Batch::queries(&run.batch),
                )?;
                let value = Self::ask(stacked.view(), &mut *run.wire)
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
impl ::fusion::ServerSide for Rows {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "answer").batched(),
    ];
    type Server = ();
    type ServerContext = Array1<i64>;
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
impl ::fusion::SemiHonest for Rows {
    const NAME: &'static ::core::primitive::str = "Rows";
    type Agreement = ::fusion::Exact;
}
