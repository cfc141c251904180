/// One instance for all executions, and phases that cannot fail.
struct Total {
    calls: usize,
}
#[automatically_derived]
impl ::fusion::Declared for Total {
    const DECLARATION: ::fusion::Declaration = ::fusion::Declaration::new(8)
        .batch(6, 3, 4, 0);
}
///The hardened client of [`Total`]: mixes queries with checks and gives verified answers.
#[allow(dead_code)]
type TotalClient = ::fusion::Client<Total>;
///The hardened server of [`Total`]: runs the protocol on whatever the client sends.
#[allow(dead_code)]
type TotalServer = ::fusion::Server<Total>;
impl Total {
    fn ask(&mut self, x: &i64, channel: &mut (impl Read + Write)) -> i64 {
        self.calls += 1;
        put(channel, *x).and_then(|()| get(channel)).unwrap_or(i64::MIN)
    }
    fn answer(&mut self, channel: &mut (impl Read + Write)) {
        self.calls += 1;
        if let Ok(x) = get(channel) {
            let _ = put(channel, x - 1);
        }
    }
}
#[automatically_derived]
#[allow(unused_variables, clippy::all, clippy::pedantic)]
impl ::fusion::SemiHonest for Total {
    const NAME: &'static ::core::primitive::str = "Total";
    const PHASES: &'static [::fusion::Phase] = &[
        ::fusion::Phase::new(::fusion::Stage::Online, "ask", "answer"),
    ];
    type Client = Self;
    type Server = Self;
    type ClientContext = ();
    type ServerContext = ();
    type Query = i64;
    type Output = i64;
    type Error = ::core::convert::Infallible;
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
                let value = Self::ask(
                    &mut *run.party,
                    run.batch.query()?,
                    &mut *run.wire,
                );
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
                let value = Self::answer(&mut *run.party, &mut *run.wire);
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
