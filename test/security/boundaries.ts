import type { SecurityPromise } from './promise.ts'

/** What comes in from outside, and what goes out: programs, networks, files, packages, webhooks, plugins. */
export const boundaries: readonly SecurityPromise[] = [
  {
    id: 'S3',
    title: 'No shell',
    promise:
      'Programs get their arguments as they are. Which programs may run is said by whoever starts the server, never by an agent or a package.',
    shownBy: [
      { file: 'test/security-sources.test.ts', test: 'start no shell' },
      { file: 'packages/adapters/src/process/protocol.test.ts', test: 'is its arguments as they are: no shell reads them' },
      {
        file: 'packages/adapters/src/program/allowed.test.ts',
        test: 'is never one that is found elsewhere, or into which other code is loaded',
      },
      {
        file: 'packages/adapters/src/program/allowed.test.ts',
        test: 'starts nothing when the variables of the run would make another program of it',
      },
      { file: 'test/serve.test.ts', test: 'lets agents be run by the programs and targets alone that who starts it allows' },
    ],
  },
  {
    id: 'S8',
    title: 'Requests to the network',
    promise:
      'One way out for all requests: https, every address of a name checked and the checked one connected to, redirects checked again, size and time bounded. Private targets are allowed by the operator only.',
    shownBy: [
      { file: 'packages/outbound/src/addresses.test.ts', test: 'is not public when it is of $what' },
      { file: 'packages/outbound/src/outbound.test.ts', test: 'without an allowance %s is not asked' },
      {
        file: 'packages/outbound/src/outbound.test.ts',
        test: 'is refused when any of its addresses is not public, and no connection is made',
      },
      {
        file: 'packages/outbound/src/outbound.test.ts',
        test: 'is asked for its addresses once, and the connection goes to one that was checked',
      },
      { file: 'packages/outbound/src/outbound.test.ts', test: 'a redirect to %s is refused' },
      { file: 'packages/outbound/src/outbound.test.ts', test: 'takes no credentials with it' },
      { file: 'packages/outbound/src/outbound.test.ts', test: 'reads no more of an answer than it wants' },
      { file: 'packages/deliveries/src/webhook/webhook.test.ts', test: 'goes to no private network that the operator does not allow' },
      { file: 'packages/adapters/src/models/server-fetch.test.ts', test: 'is not asked in a network that the host does not allow' },
      { file: 'packages/cli/src/adapters.test.ts', test: 'any server of models is asked on a server of one person alone' },
    ],
    notShown: 'A host that builds adapters of models without `allow` lets its agents have any server, private ones too.',
  },
  {
    id: 'S9',
    title: 'Files',
    promise:
      'Bytes are kept under their hash, a name never becomes a path. Files come down as attachments without a type that a browser would run.',
    shownBy: [
      { file: 'packages/blobs/src/blobs.test.ts', test: 'the name %j never becomes a path' },
      { file: 'test/attachments.test.ts', test: 'names that are ways to somewhere, and types that are none, are refused' },
      { file: 'test/http-attachments.test.ts', test: 'comes down as bytes without a type' },
      { file: 'test/http-attachments.test.ts', test: 'comes down as a file to be saved' },
      { file: 'packages/deliveries/src/storage/storage.test.ts', test: 'is nothing outside of it, whatever links lie there' },
      { file: 'packages/adapters/src/workspace/workspace.test.ts', test: 'can not lead anywhere else' },
    ],
  },
  {
    id: 'S10',
    title: 'Archives',
    promise: 'No archive is unpacked: nothing that is installed with Engine reads one, so there is no bomb and no way out of a folder.',
    shownBy: [{ file: 'test/security-sources.test.ts', test: 'read no archives' }],
  },
  {
    id: 'S11',
    title: 'Packages of companies are inert',
    promise:
      'What is imported starts nothing, holds no secret and nothing that runs an agent. What is applied is what was shown, by its hash; a limited key gets nothing by a package that it may not make one by one.',
    shownBy: [
      { file: 'test/portability.test.ts', test: 'starts nothing by itself, and says who is to be set up' },
      { file: 'test/portability.test.ts', test: 'goes into another company in three ways, each as it was shown' },
      { file: 'test/portability.test.ts', test: 'holds no secret, no value of an environment, and nothing that runs an agent' },
      { file: 'test/portability.test.ts', test: 'gives a limited key nothing that the key may not make one by one' },
      { file: 'test/portability.test.ts', test: 'with %s is refused before anything is made' },
    ],
  },
  {
    id: 'S12',
    title: 'Templates',
    promise: 'A template has places for values and no logic. It finds own members only, and what a value says is never read as a template.',
    shownBy: [
      { file: 'packages/core/src/routines/template.test.ts', test: 'does not read what values say as a template' },
      { file: 'packages/core/src/routines/template.test.ts', test: 'because objects have it' },
      { file: 'packages/core/src/routines/template.test.ts', test: 'gives back what was put in, whatever it is' },
      { file: 'packages/core/src/routes/render.test.ts', test: 'is JSON with the value in its place, whatever that is' },
      { file: 'packages/core/src/routes/render.test.ts', test: 'finds nothing that only objects inherit, and pollutes nothing' },
      { file: 'packages/adapters/src/http/http.test.ts', test: 'reads what a value says as text and nothing else' },
      { file: 'packages/deliveries/src/slack/slack.test.ts', test: 'calls nobody and links nowhere, whatever is in its values' },
      { file: 'packages/deliveries/src/email/email.test.ts', test: 'in which no value begins another header' },
      { file: 'packages/deliveries/src/email/html.test.ts', test: 'a mail of %j over and over is read once' },
    ],
  },
  {
    id: 'S20',
    title: 'Webhooks',
    promise:
      'What goes out is signed over id, time and body, with both secrets during a rotation. What comes in is compared in constant time, over the raw bytes, and taken once within its window, as far as its way of signing has an id and a time; a plugin looks at its own.',
    shownBy: [
      { file: 'packages/deliveries/src/webhook/webhook.test.ts', test: 'signed for both secrets of a rotation' },
      { file: 'packages/deliveries/src/webhook/webhook.test.ts', test: 'verify refuses %s as %s' },
      { file: 'packages/core/src/routines/signatures.test.ts', test: 'is signed over its id, its time and its body' },
      { file: 'packages/core/src/routines/signatures.test.ts', test: 'has an age, and one without a time is older than any window' },
      { file: 'test/routines-webhooks.test.ts', test: 'takes the key before the last rotation for a day, and no older one' },
      { file: 'test/plugins-company.test.ts', test: 'takes a request once that it finds genuine, and no other' },
    ],
  },
  {
    id: 'S21',
    title: 'Prototypes',
    promise: 'No name in a request becomes a prototype, in a body or a query, at any depth and however it is spelled.',
    shownBy: [
      { file: 'packages/http/src/body.test.ts', test: 'leaves no __proto__ behind, at any depth and however it is spelled' },
      { file: 'test/http-wire.test.ts', test: 'keeps nothing of __proto__, in the body or in the query' },
      { file: 'test/http-hostile-bodies.test.ts', test: 'stands $name in any of its fields' },
      { file: 'test/mcp.test.ts', test: 'is a refusal that says why, for every tool' },
    ],
  },
  {
    id: 'S24',
    title: 'Plugins',
    promise:
      'A plugin says what it wants, is approved by that, and again when it changes. One that is not trusted runs in a process of its own, in which it reaches only what it was granted. Its pages on the board stand in sandboxes: they ask for its own operations and reach nothing else.',
    shownBy: [
      { file: 'test/plugins-company.test.ts', test: 'works once its capabilities are approved, and again when they changed' },
      { file: 'test/plugins-hostile.test.ts', test: 'does in its own company what it was granted, and nothing else' },
      {
        file: 'test/plugins-hostile.test.ts',
        test: 'reaches nothing around it: no process, no environment, no file, no network, no code from text',
      },
      { file: 'test/plugins-hostile.test.ts', test: 'fourteen hostile plugins harm nobody' },
      { file: 'test/plugins-hostile.test.ts', test: 'is asked nothing back when its call is over, also while it does something else' },
      { file: 'test/plugins.test.ts', test: 'the tables of a plugin refuse %s' },
      { file: 'test/plugin-pages.test.ts', test: 'are not reached by the way "%s"' },
      { file: 'test/plugin-pages.test.ts', test: 'come without asking who it is, as a page in a sandbox asks for them, and set no cookie' },
      {
        file: 'test/plugin-pages.test.ts',
        test: 'is nothing of an isolated plugin before its places were approved, and after they changed',
      },
      { file: 'test/board-frames.test.ts', test: 'reads nothing, asks nobody and leads nowhere' },
      { file: 'test/board-frames.test.ts', test: 'is not heard as another page, and not by another page' },
      { file: 'test/board-frames.test.ts', test: 'is taken off when it asks far too much, and the board goes on' },
      {
        file: 'test/board-frames.test.ts',
        test: 'is not heard any more from the moment at which its plugin is disabled, and its operations are refused',
      },
    ],
    notShown:
      'A page in a frame may open WebRTC connections, which browsers forbid by no rule of a page: it can tell others what it was shown.',
  },
]
