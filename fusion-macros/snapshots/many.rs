/// Several phases per stage, local ones in between, and one that no message belongs to.
struct Many;
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Many {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Many`]: mixes queries with checks and gives verified answers.
type ManyClient = ::fusion::Client<Many>;
///The hardened server of [`Many`]: runs the protocol on whatever the client sends.
type ManyServer = ::fusion::Server<Many>;
impl Many {
    fn hear_seed(channel: &mut (impl Read + Write)) -> io::Result<Seed> {
        get(channel).map(Seed)
    }
    fn derive(seed: &Seed) -> Key {
        Key(seed.0 * 2)
    }
    fn say_seed(seed: &i64, channel: &mut (impl Read + Write)) -> io::Result<()> {
        put(channel, *seed)
    }
    fn draw(rng: &mut impl Rng) -> Mask {
        Mask(rng.random())
    }
    fn offer(mask: &Mask, writer: &mut impl Write) -> io::Result<()> {
        put(writer, mask.0)
    }
    fn accept(reader: &mut impl Read) -> io::Result<Mask> {
        get(reader).map(Mask)
    }
    fn negate(masks: Vec<Mask>) -> Vec<Negated> {
        masks.into_iter().map(|mask| Negated(mask.0.wrapping_neg())).collect()
    }
    fn say(mask: &Mask, x: &i64, channel: &mut (impl Read + Write)) -> io::Result<()> {
        put(channel, x.wrapping_add(mask.0))
    }
    fn hear(mask: &Negated, reader: &mut impl Read) -> io::Result<Answer> {
        Ok(Answer(get(reader)?.wrapping_add(mask.0)))
    }
    fn listen(key: &Key, channel: &mut (impl Read + Write)) -> io::Result<i64> {
        Ok(get(channel)?.wrapping_add(key.0))
    }
    fn reply(answer: Answer, writer: &mut impl Write) -> io::Result<()> {
        put(writer, answer.0.wrapping_mul(7))
    }
}
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionClientSetupOfMany {
    kept: (::fusion::Kept<Seed>, ::fusion::Kept<Key>),
    marker: ::core::marker::PhantomData<fn() -> Many>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionClientSetupOfMany {
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
pub struct __FusionClientStateOfMany {
    kept: (::fusion::Column<Mask>,),
    marker: ::core::marker::PhantomData<fn() -> Many>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionClientStateOfMany {
    fn default() -> Self {
        Self {
            kept: (::core::default::Default::default(),),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Many {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Setup, "hear_seed"),
        ::fusion::Step::new(::fusion::Stage::Setup, "derive").local(),
        ::fusion::Step::new(::fusion::Stage::Offline, "draw").local(),
        ::fusion::Step::new(::fusion::Stage::Offline, "offer"),
        ::fusion::Step::new(::fusion::Stage::Online, "say"),
        ::fusion::Step::new(::fusion::Stage::Online, "listen"),
    ];
    type Client = ();
    type Query = i64;
    type Output = i64;
    type ClientContext = ();
    type ClientError = <io::Result<i64> as ::fusion::__private::Outcome>::Err;
    type ClientSetup = __FusionClientSetupOfMany;
    type ClientState = __FusionClientStateOfMany;
    async fn client_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ClientSide>::ClientError>,
    > {
        match step {
            0usize => {
                let value = Self::hear_seed(&mut *run.wire)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Kept::put(
                    &mut ::fusion::Left::get_mut(&mut run.setup)?.kept.0,
                    value,
                );
                ::core::result::Result::Ok(())
            }
            1usize => {
                let setup = ::fusion::Left::get(&run.setup);
                let value = Self::derive(::fusion::Kept::get(&setup.kept.0)?);
                ::fusion::Kept::put(
                    &mut ::fusion::Left::get_mut(&mut run.setup)?.kept.1,
                    value,
                );
                ::core::result::Result::Ok(())
            }
            2usize => {
                let value = Self::draw(&mut *run.rng);
                ::fusion::Column::push(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            3usize => {
                let (_, writer) = run.wire.split();
                let value = Self::offer(
                        ::fusion::Column::get(
                            &run.state.kept.0,
                            ::fusion::Batch::slot(&run.batch),
                        )?,
                        writer,
                    )
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::core::mem::drop(value);
                ::core::result::Result::Ok(())
            }
            4usize => {
                let value = Self::say(
                        ::fusion::Column::get(
                            &run.state.kept.0,
                            ::fusion::Batch::slot(&run.batch),
                        )?,
                        ::fusion::Batch::query(&run.batch)?,
                        &mut *run.wire,
                    )
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::core::mem::drop(value);
                ::core::result::Result::Ok(())
            }
            5usize => {
                let setup = ::fusion::Left::get(&run.setup);
                let value = Self::listen(
                        ::fusion::Kept::get(&setup.kept.1)?,
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
#[doc(hidden)]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
pub struct __FusionServerStateOfMany {
    kept: (::fusion::Column<Mask>, ::fusion::Column<Negated>, ::fusion::Column<Answer>),
    marker: ::core::marker::PhantomData<fn() -> Many>,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::core::default::Default for __FusionServerStateOfMany {
    fn default() -> Self {
        Self {
            kept: (
                ::core::default::Default::default(),
                ::core::default::Default::default(),
                ::core::default::Default::default(),
            ),
            marker: ::core::marker::PhantomData,
        }
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ServerSide for Many {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Setup, "say_seed"),
        ::fusion::Step::new(::fusion::Stage::Offline, "accept"),
        ::fusion::Step::new(::fusion::Stage::Offline, "negate").batched().local(),
        ::fusion::Step::new(::fusion::Stage::Online, "hear"),
        ::fusion::Step::new(::fusion::Stage::Online, "reply"),
    ];
    type Server = ();
    type ServerContext = i64;
    type ServerError = <io::Result<()> as ::fusion::__private::Outcome>::Err;
    type ServerSetup = ();
    type ServerState = __FusionServerStateOfMany;
    async fn server_step(
        step: ::core::primitive::usize,
        run: &mut ::fusion::ServerRun<'_, Self>,
    ) -> ::core::result::Result<
        (),
        ::fusion::PhaseError<<Self as ::fusion::ServerSide>::ServerError>,
    > {
        match step {
            0usize => {
                let value = Self::say_seed(run.context, &mut *run.wire)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::core::mem::drop(value);
                ::core::result::Result::Ok(())
            }
            1usize => {
                let (reader, _) = run.wire.split();
                let value = Self::accept(reader)
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Column::push(&mut run.state.kept.0, value);
                ::core::result::Result::Ok(())
            }
            2usize => {
                let value = Self::negate(
                    ::fusion::Column::take_all(&mut run.state.kept.0),
                );
                ::fusion::Column::put_all(&mut run.state.kept.1, value);
                ::core::result::Result::Ok(())
            }
            3usize => {
                let (reader, _) = run.wire.split();
                let value = Self::hear(
                        ::fusion::Column::get(
                            &run.state.kept.1,
                            ::fusion::Batch::slot(&run.batch),
                        )?,
                        reader,
                    )
                    .map_err(::fusion::PhaseError::Protocol)?;
                ::fusion::Column::push(&mut run.state.kept.2, value);
                ::core::result::Result::Ok(())
            }
            4usize => {
                let (_, writer) = run.wire.split();
                let value = Self::reply(
                        ::fusion::Column::take_next(&mut run.state.kept.2)?,
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
impl ::fusion::SemiHonest for Many {
    const NAME: &'static ::core::primitive::str = "Many";
    type Agreement = ::fusion::Exact;
}
