struct Toy;

impl Toy {
    #[fusion::client(online, query = x)]
    fn ask(x: &u8) -> u8 {
        *x
    }
}

fn main() {}
