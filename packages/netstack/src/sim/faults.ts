import type { SimFault } from './options.ts'
import type { World } from './world.ts'

/** Carries out one line of the script of faults. @throws {RangeError} when it names what is not there */
export function applyFault(world: World, fault: SimFault): void {
  if ('run' in fault) fault.run(world)
  else if ('partition' in fault) world.partition(fault.partition)
  else if ('heal' in fault) world.heal()
  else if ('down' in fault) world.link(fault.link).down()
  else if ('up' in fault) world.link(fault.link).up()
  else if ('impair' in fault) world.link(fault.link).impair(fault.impair, fault.direction ?? 'both')
  else if ('flapEveryMs' in fault) flap(world, fault.link, fault.flapEveryMs, fault.downMs, fault.times)
  else if ('crash' in fault) {
    const host = world.host(fault.host)
    host.crash()
    if (fault.restartAfterMs !== undefined) world.scheduler.schedule(fault.restartAfterMs, () => host.boot())
  } else world.host(fault.host).restart()
}

function flap(world: World, name: string, everyMs: number, downMs: number, times: number): void {
  if (times <= 0) return
  const link = world.link(name)
  link.down()
  world.scheduler.schedule(downMs, () => link.up())
  world.scheduler.schedule(everyMs, () => flap(world, name, everyMs, downMs, times - 1))
}
