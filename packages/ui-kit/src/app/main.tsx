import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Router } from 'wouter'

import { createClient } from '@engine/client'

import { createQueries } from '../data/provider.tsx'
import '../styles/index.css'
import './page.css'
import { App } from './app.tsx'
import { createAccess } from './session.ts'

// The page says where it is served, below whatever path; the API is beside it.
const url = new URL('.', document.baseURI).href.replace(/\/$/, '')
const access = createAccess(url)
const element = document.querySelector('#board')
if (!element) throw new Error('the page has no place for the board')
createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={createQueries()}>
      <Router base={new URL(url).pathname.replace(/\/$/, '')}>
        <App client={createClient({ url, fetch: access.fetch })} access={access} />
      </Router>
    </QueryClientProvider>
  </StrictMode>,
)
