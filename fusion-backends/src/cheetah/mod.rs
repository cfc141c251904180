//! Two-party inference without a dealer, after Cheetah (Huang et al., USENIX Security 2022,
//! eprint 2022/207): the client holds an input, the server a model, and the client learns the label.
//! Exact: the answer is that of [`Model::infer`](crate::model::Model::infer), bit for bit.
//!
//! ```
//! use fusion_backends::cheetah::{Answer, Cheetah, CheetahClient, CheetahServer, Served};
//! use fusion_backends::model::networks;
//! use fusion_core::{Check, Connection, Policy};
//!
//! // The server: a model, and what its inputs may be.
//! let model = networks::dnn(&[16, 8, 4], 7);
//! # let reference = networks::dnn(&[16, 8, 4], 7);
//! let served = Served::new(model, networks::PIXELS)?;
//! let description = served.description().clone(); // public: what clients hold of the model
//! let (mut here, mut there) = Connection::pair(); // or `Connection::tcp(stream)`
//! let server = std::thread::spawn(move || {
//!     // Any CSPRNG that nobody can repeat.
//!     CheetahServer::with(Cheetah::server()).serve(&mut there, &served, &mut rand::rng()).map(drop)
//! });
//!
//! // The client: its queries, and checks whose labels it knows.
//! let queries = [vec![200; 16], vec![1; 16]];
//! # let label = |x: &Vec<i64>| Answer::Label(fusion_backends::model::argmax(&reference.infer(x).unwrap()));
//! # let samples: Vec<Vec<i64>> = (0..120).map(|n| (0..16).map(|i| (n * i * 37) % 256).collect()).collect();
//! # let checks = samples.into_iter().map(|x| { let y = label(&x); Check::model_answer(x, y) }).collect();
//! let policy = Policy::against_any_server("1%".parse()?, 40, queries.len())?;
//! let mut client = CheetahClient::with(Cheetah::client(), policy, checks);
//! let answers = client.infer(&mut here, &description, &queries, &mut rand::rng())?;
//! # assert_eq!(*answers, queries.iter().map(label).collect::<Vec<_>>());
//! # server.join().unwrap()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | part | what it does |
//! | --- | --- |
//! | [`Cheetah`], [`Served`] | whole models: what the example shows |
//! | [`rlwe`](crate::rlwe) | fully connected layers and convolutions, under the client's encryption |
//! | [`nonlinear`](crate::nonlinear) | the other layers, on shared numbers |
//! | [`ot`](crate::ot) | the oblivious transfers that those are made of |
//!
//! # How a batch runs
//!
//! | phase | server | client |
//! | --- | --- | --- |
//! | setup | both: digests of their [`Description`]s, and the end if one differs | |
//! | | both: base transfers, and the setup of their extension | |
//! | offline | announces the parameters of each linear layer | refuses sets that its description does not allow |
//! | | both: transfers, and from them what the other layers use up, for all slots | |
//! | online, linear | for each slot: adds its shares, multiplies, masks, responds; adds biases | for each slot: encrypts its shares under a key of its own; opens |
//! | online, others | both: masked bits, a few rounds for all slots together | |
//! | online, end | sends its shares of the labels (or logits) | adds its own: the answers |
//!
//! Values are shared in Z_2^l, with an l for each layer's results that holds them in the worst case
//! ([`Model::ranges`](crate::model::Model::ranges)); a model with a layer that could need more than 45
//! bits is refused. Residual connections, concatenations and changes to smaller rings cost nothing.
//!
//! # Security: the input, against a server that deviates
//!
//! This is precondition 1 of hardening. The client sends, in this order:
//!
//! 1. *In setup and offline*, messages of the oblivious transfers, before the input is used at all:
//!    they cannot depend on it. The transfers are secure against a malicious server ([`ot`](crate::ot)).
//! 2. *For a linear layer and a slot*, an encryption of its shares under a key that is fresh for this
//!    message: by RLWE it is indistinguishable from random bits, whatever the shares are, even if the
//!    server had chosen them ([`rlwe`](crate::rlwe)).
//! 3. *For another layer*, its shares masked by bits from transfers that nobody else knows and that
//!    are used once: uniform, whatever the server sent before ([`nonlinear`](crate::nonlinear)).
//! 4. *At the end* nothing: only the server sends.
//!
//! So what the client sends is independent of its input given all that the server has done, as long
//! as the client goes on. Whether it goes on depends on lengths, ranges of coefficients and padding of
//! what the server sent, never on a share, a key or an answer.
//!
//! What the client does follows from its own [`Description`]: range of inputs, architecture, outputs,
//! transfers, parameter sets and bits. Queries and checks are held against it before the first message. Of
//! the server's messages before the inputs, digests that differ end the run in the setup phase, and a choice
//! of parameter sets (lengths, all of them for 128 bits) that is not allowed ends it in the offline phase:
//! before a query is looked at, and so in the same way for all queries. A server that announced a range, with
//! a client that left when a value lies outside, would find the value by halving.
//!
//! # Security: isolated executions, against a server that deviates
//!
//! This is precondition 2 of hardening: what comes out of a set of slots depends on what these slots
//! hold, and on the server's view, whatever the server does. Message by message:
//!
//! 1. *Setup and offline* run before inputs are there. They leave pads, which the other layers use up,
//!    each in one value of one slot.
//! 2. *A linear layer.* Keys, masks and errors are fresh for each layer of each slot, and no polynomial
//!    has inputs or results of two slots. The client opens the response for a slot with that slot's own
//!    key: its shares are a function of the response, which is part of the view, and of that key. What a
//!    server makes of requests of several slots together is under no key that opens it. With one key
//!    for several slots it could test them for equality, and answer wrongly only those with a duplicate:
//!    that was so in earlier versions.
//! 3. *Another layer.* The client's share of a result is a function of its share of the operands of the
//!    same slot, of what the server sent for them, and of pads of that slot. Pads of all slots come from
//!    one extension with one secret Delta. That links nothing, by the property of the hash that
//!    `ot/hash.rs` proves: to a server that chose all of its rows, the pads that it does not know are
//!    together indistinguishable from independent random blocks, so that those of one slot say nothing
//!    of another. What it guesses of Delta in the check of the extension ends the run or not for every
//!    slot alike, before inputs are there.
//! 4. *Answers.* The client adds what the server sent for a slot to its own share of that slot.
//!
//! Nothing here outlives a batch but the transfers' setup, of which every use takes new rows.
//!
//! # Security: the model, against a client that follows the protocol
//!
//! The client learns the answers, the [`Description`] (with the bits of layers, which say how large results
//! can get), which parameters suit, and of the weights at most a statistical distance of 2^-40 for each
//! batch ([`Served::with_hiding`]). Labels are the default, a sign for models of one output; logits only if
//! the server says so. A client that deviates learns the weights, unseen: [`rlwe`](crate::rlwe) says how, and SECURITY.md
//! what it costs.

mod inference;

pub use inference::{
    Answer, Cheetah, CheetahClient, CheetahError, CheetahServer, Description, LayerCost,
    LinearLayer, Outputs, Part, Plan, Served, Transfers,
};
