graph [
  node [
    id 0
    label "ana"
    club "A"
    age 31
    train_mask 1
    class "A"
  ]
  node [
    id 1
    label "ben &#38; co"
    club "B"
    age 27.5
    train_mask 0
    class "B"
  ]
  node [
    id 2
    label "cl&#233;o"
    club "A"
    age -2
    train_mask 0
    class "A"
  ]
  edge [
    source 0
    target 1
    weight 0.5
  ]
  edge [
    source 1
    target 2
    weight 2.0
  ]
]
