/** Where a person can bring a thing from a status, as the server allows it. */
type Moves<Status extends string> = Readonly<Record<Status, readonly Status[]>>

export const goalMoves: Moves<'planned' | 'active' | 'achieved' | 'cancelled'> = {
  planned: ['active'],
  active: ['achieved', 'cancelled'],
  achieved: [],
  cancelled: [],
}

export const projectMoves: Moves<'backlog' | 'planned' | 'in_progress' | 'completed' | 'cancelled'> = {
  backlog: ['planned', 'in_progress', 'cancelled'],
  planned: ['backlog', 'in_progress', 'cancelled'],
  in_progress: ['planned', 'completed', 'cancelled'],
  completed: ['in_progress'],
  cancelled: [],
}

export const sprintMoves: Moves<'planning' | 'active' | 'completed' | 'cancelled'> = {
  planning: ['active', 'cancelled'],
  active: ['completed', 'cancelled'],
  completed: [],
  cancelled: [],
}
