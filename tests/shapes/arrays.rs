//! ndarray's arrays with a leading axis that counts the slots (feature `ndarray`).

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::*;

mod rows {
    use super::*;

    /// Queries come as the rows of a matrix, answers go as a vector.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Rows;

    #[fusion::harden]
    impl Rows {
        #[fusion::client(online, batch, query = inputs)]
        fn ask(
            inputs: ArrayView2<'_, i64>,
            channel: &mut (impl Read + Write),
        ) -> io::Result<Array1<i64>> {
            inputs.iter().try_for_each(|x| put(channel, *x))?;
            inputs.axis_iter(Axis(0)).map(|_| get(channel)).collect()
        }

        #[fusion::server(online, batch)]
        fn answer(
            slots: usize,
            weights: &Array1<i64>,
            channel: &mut (impl Read + Write),
        ) -> io::Result<()> {
            let numbers: Vec<i64> =
                (0..slots * weights.len()).map(|_| get(channel)).collect::<io::Result<_>>()?;
            let inputs = Array2::from_shape_vec((slots, weights.len()), numbers);
            let answers = inputs.map_err(io::Error::other)?.dot(weights);
            answers.iter().try_for_each(|y| put(channel, *y))
        }
    }

    fn infer(queries: &[Array1<i64>]) -> Result<Vec<i64>, String> {
        let weights = Array1::from(vec![1, 10, 100]);
        let (mut here, mut there) = Connection::pair();
        thread::scope(|scope| {
            let there = &mut there;
            let context = weights.clone();
            scope.spawn(move || {
                let mut rng = StdRng::seed_from_u64(2);
                // The client may give up.
                let _ = RowsServer::new().serve(there, &context, &mut rng);
            });
            let samples = (0..6).map(|x| Array1::from(vec![x, x + 1, x + 2]));
            let checks = samples.map(|x| Check::model_answer(x.clone(), x.dot(&weights))).collect();
            let mut client = RowsClient::new(Policy::new(8, 4, 6, 0), checks);
            let answers = client.infer(&mut here, &(), queries, &mut StdRng::seed_from_u64(1));
            drop(here);
            answers.map(|answers| answers.to_vec()).map_err(|error| error.to_string())
        })
    }

    #[test]
    fn works() {
        let row = |x| Array1::from(vec![x, 2, 3]);
        assert_eq!(infer(&[row(1), row(4)]), Ok(vec![321, 324]));
        let error = infer(&[row(1), Array1::from(vec![1])]).unwrap_err();
        assert!(error.contains("different shapes"), "{error}");
    }
}

mod numbers {
    use super::*;

    /// A query is a number and an answer is a row.
    #[fusion::harden(soundness = 8, privacy = public, executions = isolated)]
    struct Numbers;

    #[fusion::harden]
    impl Numbers {
        #[fusion::client(online, batch, query = xs)]
        fn ask(xs: &Array1<i64>, channel: &mut (impl Read + Write)) -> io::Result<Array2<i64>> {
            xs.iter().try_for_each(|x| put(channel, *x))?;
            let numbers = (0..2 * xs.len()).map(|_| get(channel)).collect::<io::Result<_>>()?;
            Array2::from_shape_vec((xs.len(), 2), numbers).map_err(io::Error::other)
        }

        #[fusion::server(online, batch)]
        fn answer(slots: usize, channel: &mut (impl Read + Write)) -> io::Result<()> {
            let xs: Vec<i64> = (0..slots).map(|_| get(channel)).collect::<io::Result<_>>()?;
            xs.into_iter().try_for_each(|x| put(channel, x).and_then(|()| put(channel, -x)))
        }
    }

    #[test]
    fn works() {
        let (mut here, mut there) = Connection::pair();
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut rng = StdRng::seed_from_u64(2);
                NumbersServer::new().serve(&mut there, &(), &mut rng).unwrap();
            });
            let row = |x: i64| Array1::from(vec![x, -x]);
            let checks = (0..6).map(|x| Check::model_answer(x, row(x))).collect();
            let mut client = NumbersClient::new(Policy::new(8, 4, 6, 0), checks);
            let mut rng = StdRng::seed_from_u64(1);
            let answers = client.infer(&mut here, &(), &[7, 9], &mut rng).unwrap();
            assert_eq!(*answers, [row(7), row(9)]);
        });
    }
}
