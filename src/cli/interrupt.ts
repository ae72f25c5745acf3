import { Failure } from '../core/failure.js';

/**
 * SIGINT and SIGTERM as an AbortSignal: the first asks the run to clean up and end; a second one ends the process at once.
 */
export function listenForSignals(warn: (text: string) => void): {
  readonly signal: AbortSignal;
  readonly stop: () => void;
} {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    const interrupted = name === 'SIGINT';
    if (controller.signal.aborted) process.exit(interrupted ? 130 : 143);
    warn('Stopping: removing what this run started. Once more to stop at once.');
    controller.abort(
      new Failure(interrupted ? 'run.interrupted' : 'run.terminated', {
        message: interrupted ? 'Interrupted' : 'Terminated',
      }),
    );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    stop() {
      // What was begun ahead of need, such as a connection to an engine, must not keep the process.
      controller.abort();
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
