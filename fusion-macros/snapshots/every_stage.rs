/// A mask from the offline stage hides the input; a key from setup is shared by all slots.
struct Masked<W>(std::marker::PhantomData<W>);
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<W> ::fusion::Declared for Masked<W> {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Masked`]: mixes queries with checks and gives verified answers.
type MaskedClient<W> = ::fusion::Client<Masked<W>>;
///The hardened server of [`Masked`]: runs the protocol on whatever the client sends.
type MaskedServer<W> = ::fusion::Server<Masked<W>>;
impl<W> Masked<W>
where
    W: Into<i64> + Copy,
{
    fn announce<C: Read + Write>(
        weights: &[W],
        channel: &mut C,
    ) -> Result<i64, Failure> {
        put(channel, weights.len() as i64)?;
        Ok(weights.iter().copied().map(Into::into).sum())
    }
    fn listen<C>(channel: &mut C) -> io::Result<u64>
    where
        C: Read + Write,
    {
        Ok(get(channel)? as u64)
    }
    fn receive_mask(reader: &mut impl Read) -> Result<Mask, Failure> {
        Ok(Mask(get(reader)?))
    }
    fn send_mask<R: CryptoRng>(
        writer: &mut impl Write,
        rng: &mut R,
    ) -> Result<Mask, Failure> {
        let mask = rng.random();
        put(writer, mask)?;
        Ok(Mask(mask))
    }
    fn answer(
        sum: &i64,
        mask: Mask,
        bias: &i64,
        reader: &mut impl Read,
        writer: &mut impl Write,
    ) -> Result<(), Failure> {
        let x = get(reader)?.wrapping_sub(mask.0);
        Ok(put(writer, x.wrapping_mul(*sum).wrapping_add(*bias))?)
    }
    fn ask(
        x: i64,
        length: &u64,
        mask: &mut Mask,
        offset: i64,
        reader: &mut impl Read,
        writer: &mut impl Write,
    ) -> Result<i64, Failure> {
        put(writer, x.wrapping_add(mask.0))?;
        let answer = get(reader)?;
        Ok(answer.wrapping_add(*length as i64).wrapping_add(offset))
    }
}
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionClientSetupOfMasked<W>
where
    W: Into<i64> + Copy,
{
    kept: (::fusion::Kept<u64>,),
    marker: ::core::marker::PhantomData<fn() -> Masked<W>>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<W> ::core::default::Default for __FusionClientSetupOfMasked<W>
where
    W: Into<i64> + Copy,
{
    fn default() -> Self {
        Self {
            kept: (::core::default::Default::default(),),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionClientStateOfMasked<W>
where
    W: Into<i64> + Copy,
{
    kept: (::fusion::Column<Mask>,),
    marker: ::core::marker::PhantomData<fn() -> Masked<W>>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<W> ::core::default::Default for __FusionClientStateOfMasked<W>
where
    W: Into<i64> + Copy,
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
impl<W> ::fusion::ClientSide for Masked<W>
where
    W: Into<i64> + Copy,
{
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Setup, "listen"),
        ::fusion::Step::new(::fusion::Stage::Offline, "send_mask"),
        ::fusion::Step::new(::fusion::Stage::Online, "ask"),
    ];
    type Client = ();
    type Query = i64;
    type Output = i64;
    type ClientContext = i64;
    type ClientError = Failure;
    type ClientSetup = __FusionClientSetupOfMasked<W>;
    type ClientState = __FusionClientStateOfMasked<W>;
    async fn client_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        match step {
            0usize => {
                let value = Self::listen(&mut *run.wire)
                    .map_err(|error| ::fusion::PhaseError::Protocol(
                        ::core::convert::Into::into(error),
                    ))?;
                ::fusion::Kept::put(
                    &mut ::fusion::Left::get_mut(&mut run.setup)?.kept.0,
                    value,
                );
                ::core::result::Result::Ok(())
            }
            1usize => {
                let (_, writer) = run.wire.split();
                let value = Self::send_mask(writer, &mut *run.rng)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Column::push(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            2usize => {
                let (reader, writer) = run.wire.split();
                let setup = ::fusion::Left::get(&run.setup);
                let value = Self::ask(
                        ::core::clone::Clone::clone(::fusion::Batch::query(&run.batch)?),
                        ::fusion::Kept::get(&setup.kept.0)?,
                        ::fusion::Column::get_mut(
                            &mut run.state.kept.0,
                            ::fusion::Batch::slot(&run.batch),
                        )?,
                        ::core::clone::Clone::clone(run.context),
                        reader,
                        writer,
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
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionServerSetupOfMasked<W>
where
    W: Into<i64> + Copy,
{
    kept: (::fusion::Kept<i64>,),
    marker: ::core::marker::PhantomData<fn() -> Masked<W>>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<W> ::core::default::Default for __FusionServerSetupOfMasked<W>
where
    W: Into<i64> + Copy,
{
    fn default() -> Self {
        Self {
            kept: (::core::default::Default::default(),),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionServerStateOfMasked<W>
where
    W: Into<i64> + Copy,
{
    kept: (::fusion::Column<Mask>,),
    marker: ::core::marker::PhantomData<fn() -> Masked<W>>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl<W> ::core::default::Default for __FusionServerStateOfMasked<W>
where
    W: Into<i64> + Copy,
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
impl<W> ::fusion::ServerSide for Masked<W>
where
    W: Into<i64> + Copy,
{
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Setup, "announce"),
        ::fusion::Step::new(::fusion::Stage::Offline, "receive_mask"),
        ::fusion::Step::new(::fusion::Stage::Online, "answer"),
    ];
    type Server = ();
    type ServerContext = (::std::vec::Vec<W>, i64);
    type ServerError = Failure;
    type ServerSetup = __FusionServerSetupOfMasked<W>;
    type ServerState = __FusionServerStateOfMasked<W>;
    async fn server_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ServerRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ServerSide>::ServerError>,
    > {
        match step {
            0usize => {
                let value = Self::announce(&run.context.0, &mut *run.wire)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Kept::put(
                    &mut ::fusion::Left::get_mut(&mut run.setup)?.kept.0,
                    value,
                );
                ::core::result::Result::Ok(())
            }
            1usize => {
                let (reader, _) = run.wire.split();
                let value = Self::receive_mask(reader)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Column::push(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            2usize => {
                let (reader, writer) = run.wire.split();
                let setup = ::fusion::Left::get(&run.setup);
                let value = Self::answer(
                        ::fusion::Kept::get(&setup.kept.0)?,
                        ::fusion::Column::take_next(&mut run.state.kept.0)?,
                        &run.context.1,
                        reader,
                        writer,
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
impl<W> ::fusion::SemiHonest for Masked<W>
where
    W: Into<i64> + Copy,
{
    const NAME: &'static ::core::primitive::str = "masked";
    const VERSION: u32 = 3;
    type Agreement = ::fusion::Exact;
}
