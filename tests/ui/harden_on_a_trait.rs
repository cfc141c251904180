#[fusion::harden]
trait Protocol {
    fn infer();
}

fn main() {}
