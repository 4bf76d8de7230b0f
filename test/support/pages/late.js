// A page that takes longer than anybody waits for.
await new Promise((resolve) => setTimeout(resolve, 6_500))
await import('./plain.js')
