// A page for a version of Engine that is not there yet.
parent.postMessage({ engine: 'frame', version: 2 }, '*', [new MessageChannel().port2])
