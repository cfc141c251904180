/// Called like a phase: with the client, and with its contexts as the caller passes them.
struct Narrow {
    width: i64,
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::Declared for Narrow {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public)
        .executions(::fusion::Executions::Isolated);
}
///The hardened client of [`Narrow`]: mixes queries with checks and gives verified answers.
type NarrowClient = ::fusion::Client<Narrow>;
///The hardened server of [`Narrow`]: runs the protocol on whatever the client sends.
type NarrowServer = ::fusion::Server<Narrow>;
impl Narrow {
    fn fits(&self, (least, most): &(i64, u32), x: &i64) -> Result<(), String> {
        match *x {
            x if x < *least => Err(format!("{x} is below {least}")),
            x if x > i64::from(*most) + self.width => {
                Err(format!("{x} is above {most} + {}", self.width))
            }
            _ => Ok(()),
        }
    }
    fn can_be(&self, _: &(i64, u32), answer: &i64) -> Result<(), &'static str> {
        if answer % 7 == 0 { Ok(()) } else { Err("answers are multiples of 7") }
    }
    fn ask(
        &self,
        x: i64,
        least: &i64,
        most: u32,
        channel: &mut (impl Read + Write),
    ) -> io::Result<i64> {
        assert!((* least..= i64::from(most) + self.width).contains(& x));
        put(channel, x)?;
        get(channel)
    }
    fn answer(&self, factor: &i64, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        put(channel, x.wrapping_mul(*factor))
    }
}
#[automatically_derived]
#[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
impl ::fusion::ClientSide for Narrow {
    const CLIENT_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "ask"),
    ];
    type Client = Self;
    type Query = i64;
    type Output = i64;
    type ClientContext = (i64, u32);
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
                        &*run.party,
                        ::core::clone::Clone::clone(::fusion::Batch::query(&run.batch)?),
                        &run.context.0,
                        ::core::clone::Clone::clone(&run.context.1),
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
    fn validate_query(
        client: &<Self as ::fusion::ClientSide>::Client,
        context: &<Self as ::fusion::ClientSide>::ClientContext,
        query: &<Self as ::fusion::ClientSide>::Query,
    ) -> ::core::result::Result<(), ::std::string::String> {
        ::fusion::__private::Valid::valid(Self::fits(client, context, query))
    }
    fn validate_answer(
        client: &<Self as ::fusion::ClientSide>::Client,
        context: &<Self as ::fusion::ClientSide>::ClientContext,
        answer: &<Self as ::fusion::ClientSide>::Output,
    ) -> ::core::result::Result<(), ::std::string::String> {
        ::fusion::__private::Valid::valid(Self::can_be(client, context, answer))
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
impl ::fusion::ServerSide for Narrow {
    const SERVER_STEPS: &'static [::fusion::Step] = &[
        ::fusion::Step::new(::fusion::Stage::Online, "answer"),
    ];
    type Server = Self;
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
                let value = Self::answer(&*run.party, run.context, &mut *run.wire)
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
impl ::fusion::SemiHonest for Narrow {
    const NAME: &'static ::core::primitive::str = "Narrow";
    type Agreement = ::fusion::Exact;
}
