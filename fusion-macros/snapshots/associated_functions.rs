/// One channel, one context per party, no state.
struct Scale;
#[automatically_derived]
impl ::fusion::Declared for Scale {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .privacy(::fusion::Privacy::Public);
}
///The hardened client of [`Scale`]: mixes queries with checks and gives verified answers.
#[allow(dead_code)]
type ScaleClient = ::fusion::Client<Scale>;
///The hardened server of [`Scale`]: runs the protocol on whatever the client sends.
#[allow(dead_code)]
type ScaleServer = ::fusion::Server<Scale>;
impl Scale {
    fn answer(factor: &i64, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        put(channel, x.wrapping_mul(*factor))
    }
    fn ask(input: &i64, channel: &mut (impl Read + Write)) -> io::Result<i64> {
        put(channel, *input)?;
        get(channel)
    }
}
#[automatically_derived]
#[allow(unused_variables, clippy::all, clippy::pedantic)]
impl ::fusion::SemiHonest for Scale {
    const NAME: &'static ::core::primitive::str = "Scale";
    const PHASES: &'static [::fusion::Phase] = &[
        ::fusion::Phase::new(::fusion::Stage::Online, "ask", "answer"),
    ];
    type Client = ();
    type Server = ();
    type ClientContext = ();
    type ServerContext = i64;
    type Query = i64;
    type Output = i64;
    type Error = <io::Result<i64> as ::fusion::__private::Outcome>::Err;
    type Agreement = ::fusion::Exact;
    type ClientSetup = ();
    type ServerSetup = ();
    type ClientState = ();
    type ServerState = ();
    fn client_phase(
        phase: ::core::primitive::usize,
        run: &mut ::fusion::ClientRun<'_, Self>,
    ) -> ::core::result::Result<(), ::fusion::PhaseError<Self::Error>> {
        match phase {
            0usize => {
                let value = Self::ask(run.batch.query()?, &mut *run.wire)
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
    fn server_phase(
        phase: ::core::primitive::usize,
        run: &mut ::fusion::ServerRun<'_, Self>,
    ) -> ::core::result::Result<(), ::fusion::PhaseError<Self::Error>> {
        match phase {
            0usize => {
                let value = Self::answer(run.context, &mut *run.wire)
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
