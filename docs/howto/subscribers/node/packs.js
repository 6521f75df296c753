// Shop: how many of each pack were sold and for how much, in packs.json. `node packs.js FOLDER`; AMQP_URL says where,
// AMQP_QUEUE which queue. An order counts once, when it is paid; the file is its only memory, written whole before the
// message is acknowledged, so that it may be killed at any time.
import { mkdirSync, readFileSync, renameSync, writeFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import amqp from 'amqplib'

const folder = process.argv[2]
const queue = process.env.AMQP_QUEUE ?? 'packs.sample'
const file = join(folder, 'packs.json')
mkdirSync(folder, { recursive: true })
const sold = existsSync(file) ? JSON.parse(readFileSync(file, 'utf-8')) : { orders: {}, packs: {} }

// Money is counted in hundredths: it never passes through a floating point number.
const cents = ({ amount }) => BigInt(amount.replace('.', ''))
const money = (value) => `${value / 100n}.${String(value % 100n).padStart(2, '0')}`

function take (fact) {
  if (sold.orders[fact.subject]) return
  sold.orders[fact.subject] = Number(fact.sequence)
  const { pack, quantity, total } = fact.data
  const known = sold.packs[pack.no] ?? { quantity: 0, total: '0.00' }
  sold.packs[pack.no] = {
    quantity: known.quantity + quantity,
    total: money(cents({ amount: known.total }) + cents(total))
  }
}

function keep () {
  writeFileSync(`${file}.new`, JSON.stringify(sold, null, 1))
  renameSync(`${file}.new`, file)
}

async function listen () {
  const connection = await amqp.connect(process.env.AMQP_URL)
  const lost = new Promise((resolve) => connection.on('close', resolve))
  connection.on('error', (error) => console.log(`packs: ${error.message}`))
  const channel = await connection.createChannel()
  if (!queue.startsWith('sub.')) {
    await channel.assertExchange('playdesk.events', 'topic', { durable: true })
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
    await channel.bindQueue(queue, 'playdesk.events', 'order.paid.v1')
  }
  await channel.prefetch(100)
  await channel.consume(queue, (message) => {
    if (message === null) return connection.close()
    take(JSON.parse(message.content.toString()))
    keep()
    channel.ack(message)
  })
  await lost
}

keep()
for (;;) {
  await listen().catch((error) => console.log(`packs: ${error.message}, trying again`))
  await new Promise((resolve) => setTimeout(resolve, 1000))
}
