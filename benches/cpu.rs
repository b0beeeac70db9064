//! What a request costs a process in CPU time, not in seconds: the machine may be busy with other things.

use std::fs;
use std::future::Future;
use std::io;

use crate::house::Fallible;

/// Somebody who asks the same again and again, and knows a right answer.
pub trait Asker: Send + 'static {
    fn ask(&mut self) -> impl Future<Output = io::Result<()>> + Send;
}

/// Has all of them ask so often, at once; gives microseconds of the process's CPU time for each answer.
pub async fn of_each<A: Asker>(process: u32, askers: &mut Vec<A>, times: usize) -> Fallible<f64> {
    let (before, count) = (time(process)?, askers.len());
    let mut asking = Vec::with_capacity(count);
    for mut asker in askers.drain(..) {
        asking.push(tokio::spawn(async move {
            for _ in 0..times {
                asker.ask().await?;
            }
            Ok::<_, io::Error>(asker)
        }));
    }
    for asker in asking {
        askers.push(asker.await??);
    }
    Ok((time(process)? - before) as f64 / 1000.0 / (count * times) as f64)
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Nanoseconds on a processor, of all threads that live (proc(5), `schedstat`). None ends while it is measured.
fn time(process: u32) -> Fallible<u64> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let line = fs::read_to_string(task?.path().join("schedstat"))?;
        sum += line.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(sum)
}
