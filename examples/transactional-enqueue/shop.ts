import type { Engine, Storage } from '@engine/core'

export interface Order {
  readonly id: string
  readonly item: string
  readonly quantity: number
}

/** A shop that keeps its orders beside Engine's tables, in one database. */
export interface Shop {
  readonly storage: Storage
  /** Commits when the work is done, rolls back when it throws. */
  transaction<Result>(work: (tx: ShopTransaction) => Promise<Result>): Promise<Result>
  orders(): Promise<Order[]>
  close(): Promise<void>
}

export interface ShopTransaction {
  /** The driver's own: what `engine.join` takes. */
  readonly handle: object
  insertOrder(order: Order): Promise<void>
  /** Takes the items from the shelf. @throws when there are not enough */
  takeFromStock(order: Order): Promise<void>
}

/** Who packs, and for which company. */
export interface Packing {
  readonly engine: Engine
  readonly companyId: string
  readonly packerId: string
}

/** Takes an order: the order, the stock and the task to pack it change together, or nothing does. */
export async function placeOrder(shop: Shop, { engine, companyId, packerId }: Packing, order: Order) {
  const { task, joined } = await shop.transaction(async (tx) => {
    await tx.insertOrder(order)
    const api = engine.join(tx.handle)
    const title = `Pack ${order.quantity} × ${order.item}`
    const packing = await api.tasks.create({ companyId, title, context: { orderId: order.id }, assigneeAgentId: packerId })
    await tx.takeFromStock(order)
    return { task: packing, joined: api }
  })
  await joined.committed()
  return task
}
