//! What phases return, and when answers agree.

use super::*;

mod label_only {
    use super::*;

    /// Logits that are not `PartialEq`; only their label must agree.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Classifier;

    struct Logits([f64; 2]);

    #[fusion::harden(agree_on = Self::label)]
    impl Classifier {
        fn label(logits: &Logits) -> usize {
            usize::from(logits.0[1] > logits.0[0])
        }

        #[fusion::client(online, query = x)]
        fn ask(x: &i64, channel: &mut (impl Read + Write)) -> io::Result<Logits> {
            put(channel, *x)?;
            Ok(Logits([0.0, get(channel)? as f64]))
        }

        /// The sign is right, the size differs each time.
        #[fusion::server(online)]
        fn answer(slot: usize, sign: &i64, channel: &mut (impl Read + Write)) -> io::Result<()> {
            let x = get(channel)?;
            put(channel, x.signum() * sign * (1 + slot as i64))
        }
    }

    fn labels(sign: i64) -> Result<Vec<usize>, String> {
        let (mut here, mut there) = Connection::pair();
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut rng = StdRng::seed_from_u64(2);
                // The client may reject.
                let _ = Server::<Classifier>::new().serve(&mut there, &sign, &mut rng);
            });
            let checks = (1..9).map(|x| Check::model_answer(x, Logits([0.0, x as f64]))).collect();
            let mut client = Client::<Classifier>::new(Policy::new(8, 3, 4, 0), checks);
            let queries = [-5, 5, 7, -1, 1, -2];
            let answers = client.infer(&mut here, &(), &queries, &mut StdRng::seed_from_u64(1));
            let answers = answers.map_err(|error| error.to_string())?;
            assert!(answers.report().agreement.contains("the same `Self::label`"));
            // The label was compared and is what one gets; the logits differ in every execution.
            assert!(answers.iter().all(|it| Classifier::label(it.unverified_whole()) == **it));
            Ok(answers.into_inner().into_iter().map(Compared::into_part).collect())
        })
    }

    #[test]
    fn works() {
        assert_eq!(labels(1).unwrap(), [0, 1, 1, 0, 1, 0]);
        assert!(labels(-1).unwrap_err().contains("checks answered wrongly"));
    }
}

mod own_agreement {
    use super::*;

    /// An agreement of the user's own, with a tolerance that the report states.
    #[derive(Default)]
    struct Close;

    impl Agreement<f64> for Close {
        type Verified = f64;

        fn agree(&self, left: &f64, right: &f64) -> bool {
            (left - right).abs() <= 0.5
        }

        fn verified(&self, answer: f64) -> f64 {
            answer
        }

        fn statement(&self) -> &'static str {
            "within 0.5"
        }
    }

    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Float;

    #[fusion::harden(agreement = Close)]
    impl Float {
        #[fusion::client(online, query = x)]
        fn ask(x: f64, channel: &mut (impl Read + Write)) -> anyhow::Result<f64> {
            put(channel, x as i64)?;
            let answer = get(channel)? as f64 / 8.0;
            anyhow::ensure!(answer < 1e6, "out of range");
            Ok(answer)
        }

        #[fusion::server(online)]
        fn answer(slot: usize, channel: &mut (impl Read + Write)) -> anyhow::Result<()> {
            let x = get(channel)?;
            Ok(put(channel, 16 * x + slot as i64 % 4)?)
        }
    }

    #[test]
    fn works() {
        let (mut here, mut there) = Connection::pair();
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut rng = StdRng::seed_from_u64(2);
                FloatServer::new().serve(&mut there, &(), &mut rng).unwrap();
            });
            let checks =
                (0..8).map(|x| Check::model_answer(f64::from(x), f64::from(2 * x))).collect();
            let mut client = FloatClient::new(Policy::new(8, 4, 6, 0), checks);
            let mut rng = StdRng::seed_from_u64(1);
            let answers = client.infer(&mut here, &(), &[10.0, 20.0], &mut rng).unwrap();
            assert!((answers[0] - 20.0).abs() <= 0.5 && (answers[1] - 40.0).abs() <= 0.5);
            assert_eq!(answers.report().agreement, "within 0.5");
        });
    }
}
