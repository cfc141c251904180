/// A number that a phase returned and the number of slots are both a `usize`: the marker says
/// which is which, whatever the parameter is called.
struct Threads;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Threads {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Threads`]: mixes queries with checks and gives verified answers.
type ThreadsClient = ::fusion::Client<Threads>;
///The hardened server of [`Threads`]: runs the protocol on whatever the client sends.
type ThreadsServer = ::fusion::Server<Threads>;
impl Threads {
    fn ask(xs: &[i64], channel: &mut (impl Read + Write)) -> io::Result<Vec<i64>> {
        xs.iter().try_for_each(|x| put(channel, *x))?;
        xs.iter().map(|_| get(channel)).collect()
    }
    fn threads() -> usize {
        7
    }
    fn chunks(slots: usize) -> i64 {
        slots as i64
    }
    fn answer(
        slots: usize,
        threads: &i64,
        channel: &mut (impl Read + Write),
    ) -> io::Result<()> {
        let xs: Vec<i64> = (0..slots).map(|_| get(channel)).collect::<io::Result<_>>()?;
        xs.iter().try_for_each(|x| put(channel, x * threads))
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Threads {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "ask").batched(),
    ];
    type Client = ();
    type Query = i64;
    type Output = i64;
    type ClientContext = ();
    type ClientError = <io::Result<Vec<i64>> as ::fusion::__private::Outcome>::Err;
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
                        &::fusion::Batch::to_queries(&run.batch),
                        &mut *run.wire,
                    )
                    .map_err(::fusion::PhaseError::Protocol)?;
                run.outputs.extend(value);
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
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionServerStateOfThreads {
    kept: (::fusion::Kept<usize>, ::fusion::Kept<i64>),
    marker: ::core::marker::PhantomData<fn() -> Threads>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionServerStateOfThreads {
    fn default() -> Self {
        Self {
            kept: (
                ::core::default::Default::default(),
                ::core::default::Default::default(),
            ),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ServerSide for Threads {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "threads").batched().local(),
        ::fusion::Step::new(::fusion::Stage::Offline, "chunks").batched().local(),
        ::fusion::Step::new(::fusion::Stage::Online, "answer").batched(),
    ];
    type Server = ();
    type ServerContext = ();
    type ServerError = <io::Result<()> as ::fusion::__private::Outcome>::Err;
    type ServerSetup = ();
    type ServerState = __FusionServerStateOfThreads;
    async fn server_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ServerRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ServerSide>::ServerError>,
    > {
        match step {
            0usize => {
                let value = Self::threads();
                ::fusion::Kept::put(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let value = Self::chunks(::fusion::Kept::take(&mut run.state.kept.0)?);
                ::fusion::Kept::put(&mut run.state.kept.1, value);
                ::core::result::Result::Ok(())
            }
            2usize => {
                let value = Self::answer(
                        ::fusion::Batch::slots(&run.batch),
                        ::fusion::Kept::get(&run.state.kept.1)?,
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
impl ::fusion::SemiHonest for Threads {
    const NAME: &'static ::core::primitive::str = "Threads";
    type Agreement = ::fusion::Exact;
}
