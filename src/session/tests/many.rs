//! Many processes at once: one asks, the others take what it got.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const CROWD: usize = 20;

/// Counts who is about to wait for the lock, and holds the server's answer back until all of them are.
#[derive(Default)]
struct Gate {
    waiting: Mutex<usize>,
    all: Condvar,
    requests: AtomicUsize,
}

impl Gate {
    fn arrive(&self) {
        *self.waiting.lock().unwrap() += 1;
        self.all.notify_all();
    }

    fn hold(&self, crowd: usize) {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let patience = Duration::from_secs(20);
        let (_guard, late) = self.all.wait_timeout_while(self.waiting.lock().unwrap(), patience, |waiting| *waiting < crowd).unwrap();
        assert!(!late.timed_out(), "not everybody came");
    }
}

/// Lets a crowd of processes ask at once, each with the World and the plan of its number; gives what each got, and the number of requests.
pub fn crowd(folder: &TempDir, make: impl Fn(usize) -> (Plan, Wish, Script) + Sync) -> (Vec<Result<Handed>>, usize) {
    let gate = Arc::new(Gate::default());
    let got = thread::scope(|scope| {
        let started: Vec<_> = (0..CROWD)
            .map(|number| {
                let (gate, make) = (gate.clone(), &make);
                scope.spawn(move || {
                    let (plan, wish, mut world) = make(number);
                    let (come, held) = (gate.clone(), gate);
                    // `time_left` is asked again between retries, which no test here has.
                    world.about_to_wait = Box::new(move || come.arrive());
                    world.sending = Box::new(move || held.hold(CROWD));
                    token(&plan, &wish, &store(folder, KeyPlace::File), &mut world)
                })
            })
            .collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    (got, gate.requests.load(Ordering::SeqCst))
}

fn sources(got: &[Result<Handed>]) -> (usize, usize) {
    let of = |source| got.iter().filter(|handed| handed.as_ref().is_ok_and(|handed| handed.source == source)).count();
    (of(Source::Fetched), of(Source::Shared))
}

/// Calls `run` once, at the moment when the session has looked and not yet locked.
pub fn between(machine: &mut Machine, run: impl FnOnce() + Send + 'static) {
    let run = Mutex::new(Some(run));
    machine.world.about_to_wait = Box::new(move || {
        if let Some(run) = run.lock().unwrap().take() {
            run();
        }
    });
}

#[test]
fn vc11_a_crowd_makes_one_request() {
    let folder = tempfile::tempdir().unwrap();
    let (got, requests) = crowd(&folder, |number| (plan(RAW, &[]), Wish::default(), world([granted(&format!("t{number}"), 3600)])));
    let tokens: Vec<&str> = got.iter().map(|handed| handed.as_ref().unwrap().token.access_token.expose()).collect();
    assert_eq!((requests, sources(&got)), (1, (1, CROWD - 1)));
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
}

#[test]
fn a_forced_crowd_makes_one_request_too() {
    let mut machine = Machine::new([granted("old", 3600)]);
    machine.get(&plan(RAW, &[]), Wish::default());
    let (got, requests) = crowd(&machine.folder, |number| (plan(RAW, &[]), FORCE, world([granted(&format!("t{number}"), 3600)])));
    assert_eq!((requests, sources(&got)), (1, (1, CROWD - 1)));
    assert!(got.iter().all(|handed| handed.as_ref().unwrap().token.access_token.expose() != "old"));
}

#[test]
fn a_server_that_sends_the_same_token_again_is_asked_once_by_a_crowd() {
    let mut machine = Machine::new([granted("same", 3600)]);
    machine.get(&plan(RAW, &[]), Wish::default());
    let (got, requests) = crowd(&machine.folder, |_| {
        let mut world = world([granted("same", 50)]);
        world.clock = START + Seconds(3550);
        (plan(RAW, &[]), Wish::default(), world)
    });
    assert_eq!((requests, sources(&got)), (1, (1, CROWD - 1)));
}

#[test]
fn a_crowd_shares_a_failure_word_for_word() {
    let folder = tempfile::tempdir().unwrap();
    let (got, requests) = crowd(&folder, |_| (plan(ZERO, &[]), Wish::default(), world([refused("invalid_client")])));
    let told: Vec<_> = got
        .iter()
        .map(|handed| {
            let error = handed.as_ref().unwrap_err();
            (error.kind, error.to_string(), error.hint.clone(), error.oauth_error.clone())
        })
        .collect();
    assert_eq!(requests, 1);
    assert_eq!((told[0].0, told[0].3.as_deref()), (Kind::Denied, Some("invalid_client")));
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
}

#[test]
fn a_crowd_with_two_audiences_makes_two_requests() {
    let folder = tempfile::tempdir().unwrap();
    let audience = |number: usize| ["https://a", "https://b"][number % 2];
    let (got, requests) =
        crowd(&folder, |number| (plan(RAW, &[("audience", audience(number))]), Wish::default(), world([granted(audience(number), 3600)])));
    for (number, handed) in got.iter().enumerate() {
        assert_eq!(handed.as_ref().unwrap().token.access_token.expose(), audience(number));
    }
    assert_eq!(requests, 2);
}

#[test]
fn a_crowd_that_wishes_for_too_much_makes_one_request() {
    let folder = tempfile::tempdir().unwrap();
    let (got, requests) = crowd(&folder, |_| (plan(RAW, &[]), min_ttl(7200), world([granted("t", 3600)])));
    assert!(got.iter().all(|handed| handed.as_ref().unwrap_err().kind == Kind::Invalid));
    assert_eq!(requests, 1);
}

#[test]
fn a_failure_that_was_there_before_is_not_adopted() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([refused("invalid_client"), refused("invalid_client"), granted("one", 3600)]));
    for _ in 0..2 {
        assert!(machine.run(&plan, Wish::default()).is_err());
    }
    assert_eq!(machine.get(&plan, Wish::default()), fetched("one"));
    assert_eq!(machine.requests(), 3);
    assert_eq!(store(&machine.folder, KeyPlace::File).failure_left(&plan.profile), None);
}

#[test]
fn a_failure_left_while_waiting_is_adopted_only_for_the_same_request_and_identity() {
    let mine = plan(RAW, &[("audience", "https://a")]);
    for (theirs, adopted) in [
        (plan(RAW, &[("audience", "https://a")]), true),
        (plan(RAW, &[("audience", "https://b")]), false),
        (plan(&RAW.replace("c1", "c2"), &[("audience", "https://a")]), false),
        (plan(&RAW.replace("a.example", "b.example"), &[("audience", "https://a")]), false),
    ] {
        let mut machine = Machine::new([granted("one", 3600)]);
        let other = store(&machine.folder, KeyPlace::File);
        between(&mut machine, move || {
            let error = token(&theirs, &Wish::default(), &other, &mut world([refused("invalid_client")])).unwrap_err();
            assert_eq!(error.kind, Kind::Denied);
        });
        let got = machine.run(&mine, Wish::default());
        assert_eq!((got.is_err(), machine.requests()), (adopted, usize::from(!adopted)));
    }
}

#[test]
fn what_only_another_process_lacks_is_not_adopted() {
    let mut machine = Machine::new([granted("one", 3600)]);
    let other = store(&machine.folder, KeyPlace::File);
    between(&mut machine, move || {
        // Its environment has no secret.
        let error = token(&plan(RAW, &[]), &Wish::default(), &other, &mut Script::default()).unwrap_err();
        assert_eq!(error.kind, Kind::Config);
    });
    assert_eq!(machine.get(&plan(RAW, &[]), Wish::default()), fetched("one"));
}

#[test]
fn a_token_that_came_while_waiting_is_taken_also_by_force() {
    for wish in [Wish::default(), FORCE, KEPT] {
        let mut machine = Machine::new([]);
        let other = store(&machine.folder, KeyPlace::File);
        between(&mut machine, move || {
            drop(token(&plan(RAW, &[]), &Wish::default(), &other, &mut world([granted("theirs", 3600)])).unwrap())
        });
        assert_eq!(machine.get(&plan(RAW, &[]), wish), ("theirs".into(), Source::Shared));
        assert_eq!(machine.requests(), 0);
    }
}

#[test]
fn r69_a_narrower_token_that_came_while_waiting_fails_under_require_scope() {
    let mine = plan(RAW, &[("scope", "read write")]);
    let mut machine = Machine::new([]);
    let other = store(&machine.folder, KeyPlace::File);
    between(&mut machine, move || {
        let narrow = body(json!({ "access_token": "t", "expires_in": 60, "scope": "read" }));
        drop(token(&plan(RAW, &[("scope", "read write")]), &Wish::default(), &other, &mut world([narrow])).unwrap())
    });
    assert_eq!(machine.run(&mine, SCOPED).unwrap_err().kind, Kind::Denied);
    assert_eq!(machine.requests(), 0);
}

#[test]
fn another_identitys_token_that_came_while_waiting_is_not_taken() {
    let mut machine = Machine::new([granted("mine", 3600)]);
    let other = store(&machine.folder, KeyPlace::File);
    between(&mut machine, move || {
        let theirs = plan(&RAW.replace("c1", "c2"), &[]);
        drop(token(&theirs, &Wish::default(), &other, &mut world([granted("theirs", 3600)])).unwrap())
    });
    assert_eq!(machine.get(&plan(RAW, &[]), Wish::default()), fetched("mine"));
}

#[test]
fn a_cached_call_neither_waits_for_the_lock_nor_takes_it() {
    let (plan, mut machine) = (plan(RAW, &[]), Machine::new([granted("one", 3600)]));
    machine.get(&plan, Wish::default());
    let holder = store(&machine.folder, KeyPlace::File);
    let _lock = holder.lock(&plan.profile, Duration::ZERO, &mut || false).unwrap();
    machine.world.about_to_wait = Box::new(|| panic!("it waits"));
    assert_eq!(machine.get(&plan, Wish::default()), cached("one"));
}
