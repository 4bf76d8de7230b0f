// Never comes to an end.
for (let at = 0; ; at += 1) document.title = String(at)
