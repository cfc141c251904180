/// A key from setup is shared by all slots; everything else is a slot's own.
pub(super) struct Masked;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Masked {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::SemiHonest)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Masked`]: mixes queries with checks and gives verified answers.
pub(super) type MaskedClient = ::fusion::Client<Masked>;
///The hardened server of [`Masked`]: runs the protocol on whatever the client sends.
pub(super) type MaskedServer = ::fusion::Server<Masked>;
impl Masked {
    fn send_key(key: &i64, writer: &mut impl Write) -> io::Result<()> {
        put(writer, *key)
    }
    fn hear_key(reader: &mut impl Read) -> io::Result<Key> {
        get(reader).map(Key)
    }
    fn twice(key: &mut Key) -> i64 {
        key.0 = key.0.wrapping_mul(2);
        key.0
    }
    fn draw(rng: &mut impl Rng) -> Mask {
        Mask(rng.random())
    }
    fn offer(mask: &mut Mask, slot: usize, writer: &mut impl Write) -> io::Result<u64> {
        put(writer, mask.0)?;
        Ok(slot as u64)
    }
    fn accept(reader: &mut impl Read) -> io::Result<Mask> {
        get(reader).map(Mask)
    }
    fn ask<C: Read + Write>(
        key: &Key,
        double: &i64,
        mask: Mask,
        number: u64,
        slot: usize,
        x: &i64,
        channel: &mut C,
    ) -> io::Result<i64> {
        assert_eq!((number, * double), (slot as u64, key.0));
        let echo = round(channel, x.wrapping_add(mask.0))?;
        round(channel, echo.wrapping_add(key.0))
    }
    fn answer(
        key: &i64,
        mask: Mask,
        channel: &mut (impl Read + Write),
    ) -> io::Result<()> {
        let x = get(channel)?;
        put(channel, x)?;
        let x = get(channel)?.wrapping_sub(mask.0).wrapping_sub(2 * key);
        put(channel, x.wrapping_mul(*key))
    }
}
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionClientSetupOfMasked {
    kept: (::fusion::Kept<Key>, ::fusion::Kept<i64>),
    marker: ::core::marker::PhantomData<fn() -> Masked>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionClientSetupOfMasked {
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
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionClientStateOfMasked {
    kept: (::fusion::Kept<Mask>, ::fusion::Kept<u64>),
    marker: ::core::marker::PhantomData<fn() -> Masked>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionClientStateOfMasked {
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
impl ::fusion::ClientSide for Masked {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Setup, "hear_key"),
        ::fusion::Step::new(::fusion::Stage::Setup, "twice").local(),
        ::fusion::Step::new(::fusion::Stage::Offline, "draw").local(),
        ::fusion::Step::new(::fusion::Stage::Offline, "offer"),
        ::fusion::Step::new(::fusion::Stage::Online, "ask"),
    ];
    const CLIENT_LANES: ::core::primitive::usize = 4;
    type Client = ();
    type Query = i64;
    type Output = i64;
    type ClientContext = ();
    type ClientError = <io::Result<i64> as ::fusion::__private::Outcome>::Err;
    type ClientSetup = __FusionClientSetupOfMasked;
    type ClientState = __FusionClientStateOfMasked;
    async fn client_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        match step {
            0usize => {
                let (reader, _) = run.wire.split();
                let value = Self::hear_key(reader)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Kept::put(
                    &mut ::fusion::Left::get_mut(&mut run.setup)?.kept.0,
                    value,
                );
                ::core::result::Result::Ok(())
            }
            1usize => {
                let setup = ::fusion::Left::get_mut(&mut run.setup)?;
                let value = Self::twice(::fusion::Kept::get_mut(&mut setup.kept.0)?);
                ::fusion::Kept::put(
                    &mut ::fusion::Left::get_mut(&mut run.setup)?.kept.1,
                    value,
                );
                ::core::result::Result::Ok(())
            }
            2usize => {
                let value = Self::draw(&mut *run.rng);
                ::fusion::Kept::put(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            3usize => {
                let (_, writer) = run.wire.split();
                let value = Self::offer(
                        ::fusion::Kept::get_mut(&mut run.state.kept.0)?,
                        ::fusion::Batch::slot(&run.batch),
                        writer,
                    )
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Kept::put(&mut run.state.kept.1, value);
                ::core::result::Result::Ok(())
            }
            4usize => {
                let setup = ::fusion::Left::get(&run.setup);
                let value = Self::ask(
                        ::fusion::Kept::get(&setup.kept.0)?,
                        ::fusion::Kept::get(&setup.kept.1)?,
                        ::fusion::Kept::take(&mut run.state.kept.0)?,
                        ::fusion::Kept::take(&mut run.state.kept.1)?,
                        ::fusion::Batch::slot(&run.batch),
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
        ::core::option::Option::Some(())
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
    fn client_lanes(
        lanes: ::fusion::ClientLanes<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::Error<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        ::fusion::__private::client_lanes(lanes)
    }
}
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionServerStateOfMasked {
    kept: (::fusion::Kept<Mask>,),
    marker: ::core::marker::PhantomData<fn() -> Masked>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionServerStateOfMasked {
    fn default() -> Self {
        Self {
            kept: (::core::default::Default::default(),),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ServerSide for Masked {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Setup, "send_key"),
        ::fusion::Step::new(::fusion::Stage::Offline, "accept"),
        ::fusion::Step::new(::fusion::Stage::Online, "answer"),
    ];
    const SERVER_LANES: ::core::primitive::usize = 4;
    type Server = ();
    type ServerContext = i64;
    type ServerError = <io::Result<()> as ::fusion::__private::Outcome>::Err;
    type ServerSetup = ();
    type ServerState = __FusionServerStateOfMasked;
    async fn server_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ServerRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ServerSide>::ServerError>,
    > {
        match step {
            0usize => {
                let (_, writer) = run.wire.split();
                let value = Self::send_key(run.context, writer)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::core::mem::drop(value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let (reader, _) = run.wire.split();
                let value = Self::accept(reader)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Kept::put(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            2usize => {
                let value = Self::answer(
                        run.context,
                        ::fusion::Kept::take(&mut run.state.kept.0)?,
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
        ::core::option::Option::Some(())
    }
    fn server_lanes(
        lanes: ::fusion::ServerLanes<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::Error<<Self as ::fusion::ServerSide>::ServerError>,
    > {
        ::fusion::__private::server_lanes(lanes)
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::SemiHonest for Masked {
    const NAME: &'static ::core::primitive::str = "Masked";
    type Agreement = ::fusion::Exact;
}
