use std::io::{Read, Result, Write};

#[fusion::harden(soundness = 40, privacy = public, executions = isolated)]
struct Toy;

struct Logits {
    label: u8,
    certainty: f32,
}

#[fusion::harden(agree_on = |answer| -> u8 { answer.label })]
impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8, channel: &mut (impl Read + Write)) -> Result<Logits> {
        channel.write_all(&[*x]).map(|()| Logits { label: *x, certainty: 0.5 })
    }

    #[fusion::server(online)]
    fn answer(channel: &mut impl Read) -> Result<()> {
        channel.read_exact(&mut [0])
    }
}

fn main() {
    let mut connection = fusion::Connection::pair().0;
    let mut client = ToyClient::new(fusion::Policy::new(40, 16, 16, 0), Vec::new());
    let answers = client.infer(&mut connection, &(), &[1, 2], &mut rand::rng()).unwrap();
    let label: u8 = *answers[0];
    let certainty = answers[0].certainty;
}
