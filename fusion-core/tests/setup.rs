//! Setup runs once per connection, whatever happens on it.

use std::{
    io::{self, Read, Write},
    thread,
};

use fusion_core::{
    Check, Client, ClientRun, ClientSide, Connection, Declaration, Declared, Error, Exact, Kept,
    PhaseError, Policy, SemiHonest, Server, ServerRun, ServerSide, Stage, Step,
};
use rand::{SeedableRng, rngs::StdRng};

/// The server counts its setups and tells the client; answers are the query plus that number.
struct Counting;

impl Declared for Counting {
    const DECLARATION: Declaration = Declaration::new(1);
}

impl SemiHonest for Counting {
    const NAME: &'static str = "counting";

    type Agreement = Exact;
}

impl ClientSide for Counting {
    const CLIENT_STEPS: &'static [Step] = &[
        Step::new(Stage::Setup, "hear"),
        Step::new(Stage::Setup, "think").local(),
        Step::new(Stage::Online, "ask"),
    ];

    type Client = ();
    type ClientContext = ();
    type Query = u8;
    type Output = u8;
    type ClientError = io::Error;
    type ClientSetup = Kept<u8>;
    type ClientState = ();

    async fn client_step(
        step: usize,
        run: &mut ClientRun<'_, Self>,
    ) -> Result<(), PhaseError<io::Error>> {
        let mut byte = [0];
        if step == 1 {
            // Nobody listens in a local step.
            assert!(run.wire.write_all(&[1]).is_err() && run.wire.read(&mut byte).is_err());
            return Ok(());
        }
        if step == 0 {
            run.wire.read_exact(&mut byte).map_err(PhaseError::Protocol)?;
            run.setup.get_mut()?.put(byte[0]);
        } else {
            run.wire.write_all(&[*run.batch.query()?]).map_err(PhaseError::Protocol)?;
            run.wire.read_exact(&mut byte).map_err(PhaseError::Protocol)?;
            run.outputs.push(byte[0] + 10 * run.setup.get().get()?);
        }
        Ok(())
    }
}

impl ServerSide for Counting {
    const SERVER_STEPS: &'static [Step] =
        &[Step::new(Stage::Setup, "count"), Step::new(Stage::Online, "answer")];

    /// How many setups there were.
    type Server = u8;
    type ServerContext = ();
    type ServerError = io::Error;
    type ServerSetup = Kept<u8>;
    type ServerState = ();

    async fn server_step(
        step: usize,
        run: &mut ServerRun<'_, Self>,
    ) -> Result<(), PhaseError<io::Error>> {
        if step == 0 {
            *run.party += 1;
            run.wire.write_all(&[*run.party]).map_err(PhaseError::Protocol)?;
            run.setup.get_mut()?.put(*run.party);
            return Ok(());
        }
        let mut byte = [0];
        run.wire.read_exact(&mut byte).map_err(PhaseError::Protocol)?;
        run.wire.write_all(&[byte[0] + run.setup.get().get()?]).map_err(PhaseError::Protocol)
    }
}

/// A client; its checks expect that the server has run `setups` of them.
fn client(setups: u8) -> Client<Counting> {
    let checks = (0..4).map(|x| Check::model_answer(x, x + 11 * setups)).collect();
    Client::new(Policy::new(1, 1, 4, 0), checks)
}

type Answer = Result<Vec<u8>, Error<io::Error>>;

fn ask(client: &mut Client<Counting>, connection: &mut Connection) -> Answer {
    let answers = client.infer(connection, &(), &[7], &mut StdRng::seed_from_u64(1))?;
    Ok(answers.into_inner())
}

fn serve(server: &mut Server<Counting>, connection: &mut Connection) {
    server.serve(connection, &(), &mut StdRng::seed_from_u64(2)).unwrap();
}

#[test]
fn batches_share_the_setup_of_their_connection() {
    let (mut here, mut there) = Connection::pair();
    let (mut here2, mut there2) = Connection::pair();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut server = Server::<Counting>::with(0);
            (0..3).for_each(|_| serve(&mut server, &mut there));
            serve(&mut server, &mut there2);
        });
        let mut first = client(1);
        assert_eq!(ask(&mut first, &mut here).unwrap(), [7 + 11]);
        assert_eq!(ask(&mut first, &mut here).unwrap(), [7 + 11]);
        // Another client knows nothing of it: setup runs again, at both.
        assert_eq!(ask(&mut client(2), &mut here).unwrap(), [7 + 2 * 11]);
        // And so on another connection, even for a client that had one.
        let verdict = ask(&mut first, &mut here2).unwrap_err().to_string();
        assert!(verdict.contains("4 of 4 checks"), "the answers are of setup 3: {verdict}");
    });
}

#[test]
fn a_server_without_setup_refuses_to_skip_it() {
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        scope.spawn(move || {
            serve(&mut Server::with(0), &mut there);
            let mut rng = StdRng::seed_from_u64(3);
            let error = Server::<Counting>::with(0).serve(&mut there, &(), &mut rng).unwrap_err();
            assert!(error.to_string().contains("a batch without setup"), "{error}");
        });
        let mut client = client(1);
        ask(&mut client, &mut here).unwrap();
        let error = ask(&mut client, &mut here).unwrap_err().to_string();
        assert!(error.contains("the server refuses a batch without setup"), "{error}");
        let error = ask(&mut client, &mut here).unwrap_err().to_string();
        assert!(error.contains("open a new one"), "{error}");
    });
}
