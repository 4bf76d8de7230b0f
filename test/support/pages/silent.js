// Says nothing to anybody around it.
document.title = 'Silent'
