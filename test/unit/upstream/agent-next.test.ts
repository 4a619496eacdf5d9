import { describe, expect, test } from 'vitest';
import type { LocalFunction } from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import { ownAddress } from '../../../src/upstream/agent-listing.js';
import { next } from '../../../src/upstream/agent-next.js';
import {
  type Effect,
  type Input,
  initialMachine,
  type Machine,
  type Peer,
} from '../../../src/upstream/agent-state.js';
import { statusOf } from '../../../src/upstream/agent-status.js';
import type { OfferedService } from '../../../src/upstream/types.js';
import { service } from './agent-fixtures.js';
import { offeredFunction as fn } from './server-fixtures.js';

const OURS = '127.0.0.1:41000';

/** The machine, and the effects of the last input. */
class Drive {
  machine: Machine;
  effects: readonly Effect[] = [];

  constructor(canTakePort = false) {
    this.machine = initialMachine({ url: 'agent://x', isOurs: ownAddress(OURS), canTakePort });
  }

  give(...inputs: readonly Input[]): this {
    for (const input of inputs) [this.machine, this.effects] = next(this.machine, input);
    return this;
  }

  get state(): string {
    return this.machine.state.state;
  }

  get connection(): number {
    return this.machine.facts.connection;
  }

  /** Types of the effects; of what is registered also the id and the functions, of events their type. */
  get does(): readonly string[] {
    return this.effects.map((effect) => {
      switch (effect.type) {
        case 'register':
          return `register ${effect.serviceId} ${effect.functions.map(({ id }) => id).join(',')}`;
        case 'heartbeat':
          return `heartbeat ${effect.serviceId} ${effect.sessionId}`;
        case 'publish':
          return effect.event.type;
        default:
          return effect.type;
      }
    });
  }

  ready(): this {
    return this.give({ type: 'attempt-due' }).give({ type: 'channel-ready', connection: this.connection });
  }

  described(peer: Peer = 'agent'): this {
    return this.give({ type: 'described', connection: this.connection, peer });
  }

  /** An answer to the list that was asked for last. `service function` each; null: no ListLocal. */
  listed(lines: readonly string[] | null, revision = this.revision): this {
    const functions: LocalFunction[] | null =
      lines?.map((line) => {
        const [serviceId = '', id = '', addr = OURS] = line.split(' ');
        return { id, instances: [{ serviceId, addr, version: '1.0.0', lastSeen: '' }] };
      }) ?? null;
    return this.give({ type: 'listed', connection: this.connection, revision, listed: { functions } });
  }

  get revision(): number {
    const { state } = this.machine;
    return 'link' in state ? state.link.revision : 0;
  }

  registered(serviceId = 'game-1234', sessionId = 's1'): this {
    return this.give({ type: 'registered', connection: this.connection, serviceId, sessionId });
  }

  failed(reason = 'broken', isSilence = false): this {
    return this.give({ type: 'failed', connection: this.connection, loss: { reason, isSilence } });
  }

  explained(reason: string): this {
    return this.give({ type: 'explained', connection: 1, attempt: 1, loss: { reason, isSilence: false } });
  }

  offer(...services: readonly Partial<OfferedService>[]): this {
    return this.give({
      type: 'offer',
      services: services.length === 0 ? [service()] : services.map((one) => service(one)),
    });
  }

  connect(peer: Peer = 'agent'): this {
    this.offer().ready().described(peer).listed([]).registered();
    return this.listed(BOTH);
  }
}

const BOTH = ['game-1234 a', 'game-1234 b'];

describe('a connection', () => {
  test('asks what the other side is and has, registers, looks, and only then counts', () => {
    const drive = new Drive().offer().give({ type: 'attempt-due' });
    expect([drive.state, drive.does]).toEqual(['dialling', ['dial']]);
    drive.give({ type: 'channel-ready', connection: 1 });
    expect([drive.state, drive.does]).toEqual(['meeting', ['describe', 'list']]);
    drive.listed([]);
    expect([drive.state, drive.does]).toEqual(['meeting', []]);
    drive.described();
    expect([drive.state, drive.does]).toEqual([
      'registering',
      ['schedule-heartbeat', 'register game-1234 a,b'],
    ]);
    drive.registered();
    expect([drive.state, drive.does]).toEqual(['registering', ['list']]);
    drive.listed(BOTH);
    expect([drive.state, drive.does]).toEqual(['connected', ['upstream.connected', 'upstream.registered']]);
    expect(statusOf(drive.machine)).toEqual({
      url: 'agent://x',
      state: 'connected',
      reason: null,
      reconnects: 0,
    });
  });

  test('with nothing to register counts as soon as the list is there', () => {
    const drive = new Drive().ready().described().listed([]);
    expect([drive.state, drive.does]).toEqual(['connected', ['schedule-heartbeat', 'upstream.connected']]);
  });

  test('without ListLocal counts as soon as all is taken', () => {
    const drive = new Drive().offer().ready().described().listed(null);
    expect(drive.state).toBe('registering');
    drive.registered();
    expect([drive.state, drive.does]).toEqual(['connected', ['upstream.connected', 'upstream.registered']]);
    drive.give({ type: 'look' });
    expect(drive.does).toEqual([]);
    drive.give({ type: 'heartbeat-due', connection: 1 });
    expect(drive.does).toEqual(['heartbeat game-1234 s1', 'schedule-heartbeat']);
  });

  test('a list that was asked for before the registration was answered proves nothing', () => {
    const drive = new Drive().connect().offer({ functions: [fn('c')] });
    expect(drive.does).toEqual(['register game-1234 c']);
    drive.give({ type: 'look' });
    expect(drive.does).toEqual(['list']);
    const { revision } = drive;
    drive.registered();
    expect(drive.does).toEqual([]);
    drive.listed(BOTH, revision);
    expect(drive.does).toEqual(['list']);
    drive.listed(['game-1234 c']);
    expect(drive.does).toEqual(['upstream.registered']);
  });

  test('whatever names another connection is dropped', () => {
    const drive = new Drive().connect().failed().give({ type: 'attempt-due' });
    const before = drive.machine;
    const late: readonly Input[] = [
      { type: 'channel-ready', connection: 1 },
      { type: 'described', connection: 1, peer: 'session' },
      { type: 'listed', connection: 1, revision: 0, listed: { functions: [] } },
      { type: 'registered', connection: 1, serviceId: 'game-1234', sessionId: 'x' },
      { type: 'failed', connection: 1, loss: { reason: 'late', isSilence: false } },
      { type: 'heartbeat-due', connection: 1 },
    ];
    for (const input of late) {
      expect(drive.give(input).machine).toBe(before);
      expect(drive.effects).toEqual([]);
    }
  });

  test('what comes back after the loss, before the next attempt, is dropped, too', () => {
    const drive = new Drive().connect().failed();
    const { state } = drive.machine;
    drive.registered().listed(BOTH).described('session').failed('again');
    drive.give({ type: 'channel-ready', connection: 1 }, { type: 'heartbeat-due', connection: 1 });
    expect(drive.machine.state).toBe(state);
    expect(drive.machine.facts.lost?.reason).toBe('broken');
  });
});

describe('registrations', () => {
  test('one at a time for an id, the latest offer after it', () => {
    const drive = new Drive().connect().offer({ functions: [fn('c')] });
    expect(drive.does).toEqual(['register game-1234 c']);
    expect(drive.offer({ functions: [fn('d')] }).does).toEqual([]);
    expect(drive.offer({ functions: [fn('e')] }).does).toEqual([]);
    expect(drive.registered().does).toEqual(['register game-1234 e']);
    expect(drive.registered().does).toEqual(['list']);
  });

  test('an offer that is the same sends nothing', () => {
    expect(new Drive().connect().offer().does).toEqual([]);
  });

  test('two services are sent side by side, and seen together', () => {
    const drive = new Drive().connect();
    drive.offer({ functions: [fn('c')] }, { name: 'shop', serviceId: 'shop', functions: [fn('s')] });
    expect(drive.does).toEqual(['register game-1234 c', 'register shop s']);
    expect(drive.registered('shop').does).toEqual([]);
    expect(drive.registered('game-1234').does).toEqual(['list']);
  });

  test('what a list does not show is sent once more, then it is a loss', () => {
    const drive = new Drive().connect().give({ type: 'look' }).listed(['game-1234 a']);
    expect([drive.state, drive.does]).toEqual(['connected', ['register game-1234 a,b']]);
    expect(drive.registered().does).toEqual(['list']);
    drive.listed(['game-1234 a']);
    expect(drive.state).toBe('waiting');
    expect(drive.does).toEqual(['drop', 'upstream.lost', 'wait']);
    expect(drive.machine.facts.lost?.reason).toContain('does not list b');
  });

  test('once it was shown again the next time is the first again', () => {
    const drive = new Drive().connect();
    for (let time = 0; time < 3; time++) {
      expect(drive.give({ type: 'look' }).listed([]).does).toEqual(['register game-1234 a,b']);
      expect(drive.registered().listed(BOTH).state).toBe('connected');
    }
  });

  test('looks while a list is under way are one more list after it', () => {
    const drive = new Drive().connect().give({ type: 'look' });
    expect(drive.does).toEqual(['list']);
    expect(drive.give({ type: 'look' }, { type: 'look' }).does).toEqual([]);
    expect(drive.listed(BOTH).does).toEqual(['list']);
    expect(drive.listed(BOTH).does).toEqual([]);
  });

  test('heartbeats go on with the session of the last registration, and look', () => {
    const drive = new Drive().connect();
    expect(drive.give({ type: 'heartbeat-due', connection: 1 }).does).toEqual([
      'heartbeat game-1234 s1',
      'list',
      'schedule-heartbeat',
    ]);
    // Also while a swap of another service has taken that one out, and while a registration is under way.
    drive.listed(BOTH).offer({ functions: [fn('c')] });
    expect(drive.give({ type: 'heartbeat-due', connection: 1 }).does).toContain('heartbeat game-1234 s1');
    drive.registered('game-1234', 's2');
    expect(drive.give({ type: 'heartbeat-due', connection: 1 }).does).toContain('heartbeat game-1234 s2');
  });

  test('a swap that is over is told again, unless it is told already', () => {
    const drive = new Drive().connect().give({ type: 'release', name: 'game' });
    expect(drive.does).toEqual(['register game-1234 a,b']);
    expect(drive.registered().listed(BOTH).does).toEqual([]);
    drive.offer({ functions: [fn('c')] }).give({ type: 'release', name: 'game' });
    expect(drive.does).toEqual([]);
    expect(drive.registered().does).toEqual(['list']);
  });
});

describe('an agent that appends', () => {
  const appending = (): Drive =>
    new Drive()
      .connect()
      .give({ type: 'release', name: 'game' })
      .registered()
      .listed([...BOTH, ...BOTH]);

  test('is told nothing twice', () => {
    const drive = appending();
    expect(drive.give({ type: 'release', name: 'game' }).does).toEqual([]);
    expect(drive.offer({ functions: [fn('a')] }).does).toEqual(['upstream.registered']);
    expect(drive.offer({ functions: [fn('a'), fn('z')] }).does).toEqual(['register game-1234 z']);
  });

  test('is told nothing empty before the end', () => {
    const drive = appending();
    expect(drive.give({ type: 'withhold', name: 'game' }).does).toEqual([]);
    expect(drive.give({ type: 'release', name: 'game' }).does).not.toContain('register game-1234 a,b');
    expect(drive.give({ type: 'close' }).does).toEqual(['register game-1234 ', 'schedule-close']);
  });

  test('gets what it has lost, and only that', () => {
    const drive = appending().give({ type: 'look' }).listed(['game-1234 a', 'game-1234 a']);
    expect(drive.does).toEqual(['register game-1234 b']);
    expect(drive.registered().listed(BOTH).state).toBe('connected');
  });
});

describe('after a loss', () => {
  test('what is still shown is not sent again, what is not shown is', () => {
    const drive = new Drive().connect().failed().ready().described().listed(BOTH);
    expect([drive.state, drive.does]).toEqual([
      'connected',
      ['schedule-heartbeat', 'heartbeat game-1234 s1', 'upstream.connected', 'upstream.registered'],
    ]);
    drive.failed().ready().described().listed([]);
    expect(drive.does).toEqual(['schedule-heartbeat', 'register game-1234 a,b']);
  });

  test('what is shown and has changed meanwhile is sent', () => {
    const drive = new Drive().connect().failed().offer({ version: '2.0.0' }).ready().described().listed(BOTH);
    expect(drive.does).toEqual(['schedule-heartbeat', 'register game-1234 a,b']);
  });

  test('what is shown and was withheld meanwhile is taken out', () => {
    const drive = new Drive().connect().failed().give({ type: 'withhold', name: 'game' });
    drive.ready().described().listed(BOTH);
    expect(drive.does).toContain('register game-1234 ');
  });

  test('it is told once for each reason, and anew after a connection that worked', () => {
    const drive = new Drive().connect();
    expect(drive.failed('one').does).toEqual(['drop', 'upstream.lost', 'wait']);
    expect(drive.ready().failed('one').does).toEqual(['drop', 'wait']);
    expect(drive.ready().failed('two').does).toEqual(['drop', 'upstream.lost', 'wait']);
    drive.ready().described().listed(BOTH);
    expect(drive.state).toBe('connected');
    expect(drive.failed('two').does).toEqual(['drop', 'upstream.lost', 'wait']);
  });

  test('silence after silence is the same loss, whatever was asked', () => {
    const drive = new Drive().connect();
    expect(drive.failed('no answer to the heartbeat', true).does).toContain('upstream.lost');
    expect(drive.ready().failed('no answer to ListLocal', true).does).not.toContain('upstream.lost');
    expect(drive.ready().failed('it refused', false).does).toContain('upstream.lost');
    expect(drive.ready().failed('no answer to ListLocal', true).does).toContain('upstream.lost');
  });

  test('a dial that failed is looked into, and what comes of it is told', () => {
    const drive = new Drive().give({ type: 'attempt-due' }).failed('vague');
    expect(drive.does).toEqual(['drop', 'explain', 'wait']);
    expect(drive.explained('clear').does).toEqual(['upstream.lost']);
    expect(drive.explained('clear').does).toEqual([]);
    expect(statusOf(drive.machine)).toMatchObject({ state: 'lost', reason: 'clear' });
  });

  test('an explanation that comes after the connection worked again is dropped', () => {
    const drive = new Drive().give({ type: 'attempt-due' }).failed('vague').ready().described().listed([]);
    drive.explained('clear');
    expect([drive.state, drive.does]).toEqual(['connected', []]);
    drive.failed('gone').explained('clear');
    expect(drive.does).toEqual([]);
  });

  test('attempts count from 1 after each connection that worked, and pauses grow with them', () => {
    const drive = new Drive();
    const waits: (readonly [number, boolean])[] = [];
    const fail = (): void => {
      drive.failed();
      for (const one of drive.effects) if (one.type === 'wait') waits.push([one.attempt, one.isSuccession]);
    };
    for (let attempt = 0; attempt < 3; attempt++) {
      drive.give({ type: 'attempt-due' });
      fail();
    }
    drive.ready().described().listed([]);
    expect(drive.effects).toContainEqual({
      type: 'publish',
      event: { type: 'upstream.connected', url: 'agent://x', attempt: 4 },
    });
    fail();
    drive.give({ type: 'attempt-due' });
    fail();
    expect(waits.map(([attempt]) => attempt)).toEqual([1, 2, 3, 1, 1]);
    expect(waits.every(([, isSuccession]) => !isSuccession)).toBe(true);
  });
});

describe('succession', () => {
  const lost = (peer: Peer, canTakePort: boolean): Drive => {
    const drive = new Drive(canTakePort).connect(peer);
    return drive.failed();
  };

  test.each<[Peer, boolean, string, boolean]>([
    ['session', true, 'take-port', true],
    ['session', false, 'dial', false],
    ['agent', true, 'dial', false],
    ['agent', false, 'dial', false],
  ])('from %s, port may be taken %s: %s', (peer, canTakePort, first, isSuccession) => {
    const drive = lost(peer, canTakePort);
    expect(drive.effects.find((one) => one.type === 'wait')).toMatchObject({ isSuccession });
    expect(drive.give({ type: 'attempt-due' }).does).toEqual([first]);
  });

  test('a port that was taken ends the link for good', () => {
    const drive = lost('session', true).give({ type: 'attempt-due' }, { type: 'port-answered', taken: true });
    expect([drive.state, drive.does]).toEqual(['succeeded', ['session.notice']]);
    expect(statusOf(drive.machine)).toMatchObject({ state: 'succeeded', reason: null });
    drive.offer({ functions: [fn('z')] }).give({ type: 'look' }, { type: 'attempt-due' });
    expect([drive.state, drive.does]).toEqual(['succeeded', []]);
    expect(drive.give({ type: 'close' }).does).toContain('closed');
  });

  test('a port that was not is dialled, and asked for again before the next attempt', () => {
    const drive = lost('session', true).give(
      { type: 'attempt-due' },
      { type: 'port-answered', taken: false },
    );
    expect(drive.does).toEqual(['dial']);
    expect(drive.failed().give({ type: 'attempt-due' }).does).toEqual(['take-port']);
    drive.give({ type: 'port-answered', taken: false }, { type: 'channel-ready', connection: 3 });
    drive.described('agent').failed();
    expect(drive.give({ type: 'attempt-due' }).does).toEqual(['dial']);
  });
});

describe('the end', () => {
  test('takes out what is registered, looks, and tells what is gone', () => {
    const drive = new Drive().connect().give({ type: 'close' });
    expect([drive.state, drive.does]).toEqual(['closing', ['register game-1234 ', 'schedule-close']]);
    expect(drive.registered().does).toEqual(['list']);
    drive.listed([]);
    expect([drive.state, drive.does]).toEqual(['closed', ['upstream.drained', 'drop', 'closed']]);
  });

  test('does not tell of what stayed', () => {
    const drive = new Drive().connect();
    drive.offer({}, { name: 'shop', serviceId: 'shop', functions: [fn('s')] }).registered('shop');
    drive
      .listed([...BOTH, 'shop s'])
      .give({ type: 'close' })
      .registered()
      .registered('shop');
    drive.listed(['game-1234 a']);
    expect(drive.effects).toContainEqual({
      type: 'publish',
      event: { type: 'upstream.drained', url: 'agent://x', service: 'shop', reason: 'exit' },
    });
    expect(drive.does).toEqual(['upstream.drained', 'drop', 'closed']);
  });

  test('takes out what was being registered as well', () => {
    const drive = new Drive().offer().ready().described().listed([]).give({ type: 'close' });
    expect([drive.state, drive.does]).toEqual(['closing', ['schedule-close']]);
    expect(drive.registered().does).toEqual(['register game-1234 ']);
    expect(drive.registered().does).toEqual(['list']);
    expect(drive.listed([]).does).toEqual(['upstream.drained', 'drop', 'closed']);
  });

  test('does not wait for an agent that fails or hangs', () => {
    expect(new Drive().connect().give({ type: 'close' }).failed().does).toEqual(['drop', 'closed']);
    expect(new Drive().connect().give({ type: 'close' }, { type: 'close-due' }).does).toEqual([
      'drop',
      'closed',
    ]);
  });

  test.each<[string, Drive]>([
    ['waiting', new Drive()],
    ['dialling', new Drive().give({ type: 'attempt-due' })],
    ['meeting', new Drive().ready()],
    ['connected, with nothing registered', new Drive().ready().described().listed([])],
    ['lost', new Drive().connect().failed()],
  ])('takes no time while %s', (_, drive) => {
    expect(drive.give({ type: 'close' }).does).toEqual(['drop', 'closed']);
    expect(drive.give({ type: 'attempt-due' }, { type: 'close' }).does).toEqual([]);
  });

  test('offers and looks while it is closing change nothing', () => {
    const drive = new Drive()
      .connect()
      .give({ type: 'close' })
      .offer({ functions: [fn('z')] });
    drive.give({ type: 'look' }, { type: 'heartbeat-due', connection: 1 }, { type: 'release', name: 'game' });
    expect([drive.state, drive.does]).toEqual(['closing', []]);
    expect(drive.registered().listed([]).state).toBe('closed');
  });
});
