Creator "Mark"
graph
[
  directed 1
  node
  [
    id 7
    label "Ana"
    value 1
    graphics [ x 1.5 y 2 ]
  ]
  node [ id 3 label "Ben" value 0 ]
  # a comment
  edge [ source 3 target 7 value 2.5 ]
  edge [ source 7 target 3 value 1 ]
]
