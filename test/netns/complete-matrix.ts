import type { MatrixDocument } from '@srwan/api'
import type { Testnet, TestnetNode } from './testnet-run.ts'

/** Rejects, saying where, unless every node knows all routers and every cell of the matrix. */
export async function everyMatrixComplete(testnet: Testnet, nodes: readonly TestnetNode[]): Promise<void> {
  const matrices = await Promise.all(nodes.map(async (node) => await testnet.get<MatrixDocument>(node, '/v1/matrix')))
  const missing = matrices.flatMap((matrix, index) => {
    const holes = matrix.oneWayDelayMs.flatMap((row, i) => row.filter((cell, j) => i !== j && typeof cell !== 'number')).length
    return holes > 0 || matrix.routers.length !== nodes.length ? [`${nodes[index]?.name}: ${matrix.routers.length} routers, ${holes} cells missing`] : []
  })
  if (missing.length > 0) throw new Error(missing.join('; '))
}
