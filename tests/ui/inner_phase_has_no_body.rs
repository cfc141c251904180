trait Layer {
    #[fusion::phase]
    fn layer();
}

fn main() {}
