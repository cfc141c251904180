/// Everything at once.
#[must_use]
#[derive(Debug)]
pub struct Generic<'model, T, F, const N: usize = 2, const FLIP: bool = false>
where
    T: Number,
{
    bias: &'model i64,
    function: F,
    numbers: PhantomData<T>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<'model, T, F, const N: usize, const FLIP: bool> ::fusion::Declared
for Generic<'model, T, F, N, FLIP>
where
    T: Number,
{
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Generic`]: mixes queries with checks and gives verified answers.
pub type GenericClient<'model, T, F, const N: usize = 2, const FLIP: bool = false> = ::fusion::Client<
    Generic<'model, T, F, N, FLIP>,
>;
///The hardened server of [`Generic`]: runs the protocol on whatever the client sends.
pub type GenericServer<'model, T, F, const N: usize = 2, const FLIP: bool = false> = ::fusion::Server<
    Generic<'model, T, F, N, FLIP>,
>;
#[allow(clippy::needless_lifetimes)]
impl<
    'model,
    T: Number,
    F: Fn(i64) -> i64,
    const N: usize,
    const FLIP: bool,
> Generic<'model, T, F, N, FLIP>
where
    T: 'model,
    T::Weight: Debug,
    for<'x> T::Kept<'x>: Clone,
{
    /// A constant in between.
    const ROUNDS: usize = N;
    /// Returns an associated type.
    #[inline]
    #[must_use = "a reason"]
    #[allow(clippy::unnecessary_wraps)]
    pub(crate) fn keep(&self) -> Result<T::Kept<'model>, io::Error> {
        Ok(Default::default())
    }
    ///Generic in everything that a phase can be.
    #[inline(never)]
    pub fn ask<'a, C>(
        &self,
        x: &'a i64,
        kept: T::Kept<'model>,
        sizes: &[usize; N],
        channel: &'a mut C,
    ) -> io::Result<i64>
    where
        C: Read + Write,
    {
        let _ = kept.clone();
        assert_eq!(sizes.len(), Self::ROUNDS);
        let y = run::ask(channel, *x)?;
        Ok((self.function)(y).wrapping_add(*self.bias))
    }
    pub(in crate::generics) fn answer(
        &self,
        weights: &[T::Weight],
        names: &Vec<Box<dyn for<'x> Fn(&'x str) -> usize + Sync + 'model>>,
        channel: &mut (impl Read + Write + Send + 'static),
        rng: &mut (impl rand::Rng + ?Sized),
    ) -> io::Result<()> {
        let _ = (names.len(), rand::RngExt::random::<u8>(rng));
        let sign = if FLIP { -1 } else { 1 };
        let sum: i64 = weights.iter().map(|&weight| weight.into()).sum();
        run::answer(channel, sign * sum)
    }
}
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionClientStateOfGeneric<
    'model,
    T: Number,
    F: Fn(i64) -> i64,
    const N: usize,
    const FLIP: bool,
>
where
    T: 'model,
    T::Weight: Debug,
    for<'x> T::Kept<'x>: Clone,
{
    kept: (::fusion::Column<T::Kept<'model>>,),
    marker: ::core::marker::PhantomData<fn() -> Generic<'model, T, F, N, FLIP>>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<
    'model,
    T: Number,
    F: Fn(i64) -> i64,
    const N: usize,
    const FLIP: bool,
> ::core::default::Default for __FusionClientStateOfGeneric<'model, T, F, N, FLIP>
where
    T: 'model,
    T::Weight: Debug,
    for<'x> T::Kept<'x>: Clone,
{
    fn default() -> Self {
        Self {
            kept: (::core::default::Default::default(),),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<
    'model,
    T: Number,
    F: Fn(i64) -> i64,
    const N: usize,
    const FLIP: bool,
> ::fusion::ClientSide for Generic<'model, T, F, N, FLIP>
where
    T: 'model,
    T::Weight: Debug,
    for<'x> T::Kept<'x>: Clone,
{
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Offline, "keep").local(),
        ::fusion::Step::new(::fusion::Stage::Online, "ask"),
    ];
    type Client = Self;
    type Query = i64;
    type Output = i64;
    type ClientContext = [usize; N];
    type ClientError = <io::Result<i64> as ::fusion::__private::Outcome>::Err;
    type ClientSetup = ();
    type ClientState = __FusionClientStateOfGeneric<'model, T, F, N, FLIP>;
    async fn client_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        match step {
            0usize => {
                let value = Self::keep(&*run.party)
                    .map_err(|error| ::fusion::PhaseError::Protocol(
                        ::core::convert::Into::into(error),
                    ))?;
                ::fusion::Column::push(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let value = Self::ask(
                        &*run.party,
                        ::fusion::Batch::query(&run.batch)?,
                        ::fusion::Column::take_next(&mut run.state.kept.0)?,
                        run.context,
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
impl<
    'model,
    T: Number,
    F: Fn(i64) -> i64,
    const N: usize,
    const FLIP: bool,
> ::fusion::ServerSide for Generic<'model, T, F, N, FLIP>
where
    T: 'model,
    T::Weight: Debug,
    for<'x> T::Kept<'x>: Clone,
{
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "answer"),
    ];
    type Server = Self;
    type ServerContext = (
        ::std::vec::Vec<T::Weight>,
        Vec<Box<dyn for<'x> Fn(&'x str) -> usize + Sync + 'model>>,
    );
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
                        &*run.party,
                        &run.context.0,
                        &run.context.1,
                        &mut *run.wire,
                        &mut *run.rng,
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
impl<
    'model,
    T: Number,
    F: Fn(i64) -> i64,
    const N: usize,
    const FLIP: bool,
> ::fusion::SemiHonest for Generic<'model, T, F, N, FLIP>
where
    T: 'model,
    T::Weight: Debug,
    for<'x> T::Kept<'x>: Clone,
{
    const NAME: &'static ::core::primitive::str = "generic";
    type Agreement = ::fusion::Exact;
}
/// Two parties with generics, each other's visibility and attributes.
#[derive(Debug, Clone)]
pub(crate) struct Asker<'a, T: Number = i64, const N: usize = 3> {
    /// Kept for each execution.
    rounds: usize,
    numbers: PhantomData<&'a T>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<'a, T: Number, const N: usize> ::fusion::Declared for Asker<'a, T, N> {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<'a, T: Number, const N: usize> ::fusion::ServerSide for Asker<'a, T, N> {
    const SERVER_STEPS: &'static [::fusion::Step] = <Answerer<
        'a,
        T,
        N,
    > as ::fusion::ServerSide>::SERVER_STEPS;
    const SERVER_LANES: ::core::primitive::usize = <Answerer<
        'a,
        T,
        N,
    > as ::fusion::ServerSide>::SERVER_LANES;
    type Server = <Answerer<'a, T, N> as ::fusion::ServerSide>::Server;
    type ServerContext = <Answerer<'a, T, N> as ::fusion::ServerSide>::ServerContext;
    type ServerError = <Answerer<'a, T, N> as ::fusion::ServerSide>::ServerError;
    type ServerSetup = <Answerer<'a, T, N> as ::fusion::ServerSide>::ServerSetup;
    type ServerState = <Answerer<'a, T, N> as ::fusion::ServerSide>::ServerState;
    async fn server_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ServerRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ServerSide>::ServerError>,
    > {
        <Answerer<'a, T, N> as ::fusion::ServerSide>::server_step(step, &mut run.cast())
            .await
    }
    fn fork_server(
        server: &<Self as ::fusion::ServerSide>::Server,
    ) -> ::core::option::Option<<Self as ::fusion::ServerSide>::Server> {
        <Answerer<'a, T, N> as ::fusion::ServerSide>::fork_server(server)
    }
    fn server_lanes(
        lanes: ::fusion::ServerLanes<'_, Self>,
    ) -> ::core::result::Result<(), ::fusion::Error<Self::ServerError>> {
        <Answerer<'a, T, N> as ::fusion::ServerSide>::server_lanes(lanes.cast())
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<'a, T: Number, const N: usize> ::fusion::SemiHonest for Asker<'a, T, N> {
    const NAME: &'static ::core::primitive::str = "Asker";
    type Agreement = ::fusion::Exact;
}
///The hardened client of [`Asker`]: mixes queries with checks and gives verified answers.
pub(crate) type AskerClient<'a, T = i64, const N: usize = 3> = ::fusion::Client<
    Asker<'a, T, N>,
>;
///The hardened server of [`Asker`]: runs the protocol on whatever the client sends.
pub(crate) type AskerServer<'a, T = i64, const N: usize = 3> = ::fusion::Server<
    Asker<'a, T, N>,
>;
impl<'a, T: Number, const N: usize> Asker<'a, T, N> {
    fn ask(self, x: i64, channel: &mut dyn Duplex) -> io::Result<i64> {
        let mut channel = channel;
        run::ask(&mut channel, x + self.rounds as i64)
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<'a, T: Number, const N: usize> ::fusion::ClientSide for Asker<'a, T, N> {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
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
                let value = Self::ask(
                        ::core::clone::Clone::clone(&*run.party),
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
    fn fork_client(
        instance: &<Self as ::fusion::ClientSide>::Client,
    ) -> ::core::option::Option<<Self as ::fusion::ClientSide>::Client> {
        ::core::option::Option::Some({
            let make: fn(
                &<Self as ::fusion::ClientSide>::Client,
            ) -> <Self as ::fusion::ClientSide>::Client = |_| Self {
                rounds: 0,
                numbers: PhantomData,
            };
            make(instance)
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
impl<'a, T, const N: usize> Answerer<'a, T, N>
where
    T: Number,
{
    fn answer<R: Read, W>(&self, reader: &mut R, writer: &mut W) -> io::Result<()>
    where
        W: Write,
    {
        let x = run::get(reader)?;
        let sum: i64 = self.weights.iter().map(|&weight| weight.into()).sum();
        run::put(writer, x.wrapping_mul(sum))
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<'a, T, const N: usize> ::fusion::ServerSide for Answerer<'a, T, N>
where
    T: Number,
{
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
                let (reader, writer) = run.wire.split();
                let value = Self::answer(&*run.party, reader, writer)
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
