//! Jobs done on all cores while their maker goes on.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::control::Control;
use crate::error::{Error, ErrorKind, Result};

/// Where jobs are handed in.
pub(crate) struct Queue<'a, J> {
    sender: SyncSender<J>,
    failure: &'a Mutex<Option<Error>>,
    control: &'a Control,
}

impl<J> Queue<'_, J> {
    /// Hands in a job; waits while all workers are busy and enough jobs wait.
    ///
    /// # Errors
    /// What made a worker fail, or `Interrupted`.
    pub(crate) fn push(&self, job: J) -> Result<()> {
        self.control.check()?;
        // What is handed in after a failure would be done for nothing. The failure itself is told at the end.
        let ended = || Error::new(ErrorKind::Interrupted, "the work ended early");
        if self.failure.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Err(ended());
        }
        self.sender.send(job).map_err(|_| ended())
    }
}

/// Runs `produce` with a worker for each core behind it, made by `worker`, which do the jobs that it hands in. All jobs
/// are done when this returns.
///
/// # Errors
/// The first failure, of `produce` or a worker.
pub(crate) fn with_workers<J, W, T>(
    control: &Control,
    worker: impl Fn() -> W + Sync,
    produce: impl FnOnce(&Queue<'_, J>) -> Result<T>,
) -> Result<T>
where
    J: Send,
    W: FnMut(J) -> Result<()>,
{
    let count = thread::available_parallelism().map_or(1, |n| n.get());
    let (sender, jobs) = sync_channel(count * 2);
    let jobs = Arc::new(Mutex::new(jobs));
    let failure = Mutex::new(None);
    let result = thread::scope(|scope| {
        for _ in 0..count {
            let (jobs, failure, worker) = (jobs.clone(), &failure, &worker);
            scope.spawn(move || {
                if let Err(e) = work(&jobs, worker(), control) {
                    failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e);
                }
            });
        }
        // Only workers may keep the receiving end: when all have ended, sending must fail and not wait.
        drop(jobs);
        produce(&Queue { sender, failure: &failure, control })
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(e) => Err(e),
        None => result,
    }
}

fn work<J>(
    jobs: &Mutex<Receiver<J>>,
    mut worker: impl FnMut(J) -> Result<()>,
    control: &Control,
) -> Result<()> {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return Ok(()) };
        control.check()?;
        worker(job)?;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn all_jobs_are_done() {
        let sum = AtomicU64::new(0);
        let worker = || {
            |job: u64| {
                sum.fetch_add(job, Ordering::Relaxed);
                Ok(())
            }
        };
        let result =
            with_workers(&Control::new(), worker, |queue| (1..=1000).try_for_each(|n| queue.push(n)));
        result.unwrap();
        assert_eq!(sum.into_inner(), 500_500);
    }

    #[test]
    fn the_first_failure_ends_it() {
        let worker = || |job: u64| if job == 7 { Err(Error::format("seven")) } else { Ok(()) };
        let result = with_workers(&Control::new(), worker, |queue| (1..).try_for_each(|n| queue.push(7 * n)));
        assert_eq!(result.unwrap_err().message(), "seven");
        let stopped = Control::new();
        stopped.stop();
        let result = with_workers(&stopped, worker, |queue| queue.push(1));
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Interrupted);
    }
}
