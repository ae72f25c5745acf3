import type { Progress } from '../../core/progress.js';

/** What a person sees of a push: layers, bytes, and how fast they go. */
export interface PushMeter {
  /** Bytes of one layer that have gone, and how many there are as far as is known. */
  sent(layer: string, bytes: number, total: number): void;
  /** A layer is in the registry: because it was sent, or was there. */
  done(layer: string, how: 'sent' | 'there'): void;
  /** Everything is there: say what it took. */
  finish(): void;
}

interface Layer {
  bytes: number;
  total: number;
  state: 'under way' | 'sent' | 'there';
}

/** `what`: the tag. The clock is the process's own. */
export function createPushMeter(progress: Progress, what: string): PushMeter {
  const layers = new Map<string, Layer>();
  const began = performance.now();
  const layerOf = (id: string): Layer => {
    const known = layers.get(id) ?? { bytes: 0, total: 0, state: 'under way' };
    layers.set(id, known);
    return known;
  };
  const show = (): void => {
    const all = [...layers.values()];
    const there = all.filter(({ state }) => state !== 'under way').length;
    const [bytes, total] = [sum(all, 'bytes'), sum(all, 'total')];
    progress.status(
      `push ${what}  ${there}/${all.length} layers  ${mega(bytes)}/${mega(total)} MB  ${rate(bytes, began)}`,
    );
  };
  return {
    sent(id, bytes, total) {
      const layer = layerOf(id);
      // The engine counts the headers of its archive beyond the total.
      layer.bytes = Math.min(bytes, total);
      layer.total = total;
      show();
    },
    done(id, how) {
      const layer = layerOf(id);
      layer.state = how;
      if (how === 'sent') layer.bytes = layer.total;
      show();
    },
    finish() {
      const all = [...layers.values()];
      const sent = all.filter(({ state }) => state === 'sent');
      const there = all.filter(({ state }) => state === 'there').length;
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      const bytes = sum(sent, 'bytes');
      const known = there === 0 ? '' : `, ${there} ${there === 1 ? 'was' : 'were'} there`;
      progress.info(
        `${layerCount(sent.length)} sent, ${mega(bytes)} MB in ${seconds} s (${rate(bytes, began)})${known}`,
      );
    },
  };
}

function layerCount(count: number): string {
  return `${count} ${count === 1 ? 'layer' : 'layers'}`;
}

function sum(layers: readonly Layer[], key: 'bytes' | 'total'): number {
  return layers.reduce((all, layer) => all + layer[key], 0);
}

function mega(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function rate(bytes: number, began: number): string {
  const seconds = Math.max((performance.now() - began) / 1000, 0.001);
  return `${(bytes / 1e6 / seconds).toFixed(1)} MB/s`;
}
